# Makes tests/reference/data/ordinal.json: odds ratios by cumulative logit models with slopes for participants and clips (ordinal::clmm),
# tested by t with as many degrees of freedom as the fewer of participants and clips have.
#   Rscript tests/reference/ordinal.R        (Debian: r-cran-ordinal r-cran-jsonlite; 2 minutes)
suppressMessages({library(ordinal); library(jsonlite)})
of <- function(name, a, b, word, rating = identity) {
  d <- read.csv(file.path("tests/reference/data", paste0(name, ".csv")), colClasses = c(participant = "character"))
  d <- subset(d, condition %in% c(a, b) & descriptor == word)
  d$side <- ifelse(d$condition == a, 0.5, -0.5)
  d$rating <- factor(rating(d$rating), ordered = TRUE)
  for (n in c("participant", "clip")) d[[n]] <- factor(d[[n]])
  formula <- rating ~ side + (1 | participant) + (0 + side | participant) + (1 | clip) + (0 + side | clip)
  fit <- clmm(formula, d, control = clmm.control(gradTol = 1e-5))
  sds <- setNames(lapply(fit$ST, function(s) s[1]), paste(names(fit$ST), sapply(fit$ST, rownames)))
  row <- coef(summary(fit))["side", ]
  df <- min(nlevels(d$participant), nlevels(d$clip)) - 1
  reach <- qt(0.975, df) * row[["Std. Error"]]
  list(data = name, a = a, b = b, descriptor = word, call = deparse1(formula), log_likelihood = as.numeric(logLik(fit)), log_odds = row[["Estimate"]], se = row[["Std. Error"]],
       df = df, p = 2 * pt(-abs(row[["z value"]]), df), ci_low = exp(row[["Estimate"]] - reach), ci_high = exp(row[["Estimate"]] + reach), sds = sds)
}
whole <- function(x) pmin(7, pmax(1, round(x)))  # crossed.csv holds unrounded ratings
out <- list(of("crossed", "semantic", "static", "warm", whole), of("crossed_gaps", "semantic", "original", "bright", whole), of("two", "adaptive", "fixed", "warm"))
write_json(out, "tests/reference/data/ordinal.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
