# Writes real data as tidy tables and what R gives for them: Rscript tests/reference/real.R FOLDER
#   (Debian: r-cran-lmertest r-cran-ordinal r-cran-afex r-cran-jsonlite). real.json of the folder is committed as tests/reference/data/real.json, the tables, which
#   are other people's, are not: carrots and ham of lmerTest (Kuznetsova et al., 2017), wine of ordinal (Randall, 1989).
suppressMessages({library(afex); library(lmerTest); library(ordinal); library(jsonlite)})
options(warn = -1)
out <- commandArgs(TRUE)[1]
utils::data(carrots, ham, package = "lmerTest"); utils::data(wine, package = "ordinal")
tables <- list(
  carrots = with(carrots, data.frame(participant = Consumer, descriptor = "liking", clip = "carrot", condition = as.character(Product), rating = Preference)),
  ham = with(ham, data.frame(participant = Consumer, descriptor = paste("information", Information), clip = "ham", condition = paste("product", Product), rating = Informed.liking)),
  wine = with(wine, data.frame(participant = judge, descriptor = paste("contact", contact), clip = ifelse(as.integer(bottle) %% 2 == 1, "first bottle", "second bottle"), condition = temp, rating = as.integer(rating))))
of <- function(name) {
  d <- tables[[name]]; d <- d[!is.na(d$rating), ]
  write.csv(d, file.path(out, paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
  for (n in c("participant", "descriptor", "clip", "condition")) d[[n]] <- factor(d[[n]], levels = unique(d[[n]]))
  several <- nlevels(d$descriptor) > 1
  means <- aggregate(rating ~ participant + condition + descriptor, d, mean)
  a <- suppressMessages(aov_ez("participant", "rating", means, within = if (several) c("condition", "descriptor") else "condition"))
  fit <- lmer(as.formula(paste("rating ~", if (several) "condition * descriptor" else "condition", "+ (1 | participant)", if (nlevels(d$clip) > 1) "+ (1 | clip)")), d)
  wide <- tapply(d$rating, list(d$participant, d$condition), mean); pair <- levels(d$condition)[1:2]
  t <- t.test(wide[, pair[1]], wide[, pair[2]], paired = TRUE)
  list(ratings = nrow(d), scale = range(d$rating), compared = pair, F = a$anova_table["condition", "F"], p_gg = a$anova_table["condition", "Pr(>F)"], t = t$statistic[[1]], p = t$p.value,
       deviance = unname(REMLcrit(fit)), sd_participant = attr(VarCorr(fit)$participant, "stddev")[[1]])
}
write_json(sapply(names(tables), of, simplify = FALSE), file.path(out, "real.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
