# Makes tests/reference/data/mushra.csv and mushra.json: post-screening, medians, Friedman and the mixed model of a MUSHRA test.
#   Rscript tests/reference/mushra.R        (Debian: r-cran-lme4 r-cran-jsonlite)
suppressMessages({library(lme4); library(jsonlite)})
here <- "tests/reference/data"
conditions <- c("reference", "codec_a", "codec_b", "anchor70", "anchor35")

# ---- data: p03 does not hear the reference, p07 does not hear the anchor, on clip6 nobody hears it -------------------------------
set.seed(51)
d <- expand.grid(condition = conditions, clip = paste0("clip", 1:6), participant = sprintf("p%02d", 1:13), stringsAsFactors = FALSE)
centre <- c(100, 72, 64, 50, 22)[match(d$condition, conditions)]
d$rating <- round(pmin(100, pmax(0, centre + rnorm(13, 0, 6)[match(d$participant, unique(d$participant))] * (d$condition != "reference") +
  rnorm(nrow(d), 0, ifelse(d$condition == "reference", 3, 10)))))
d$rating[d$participant == "p03" & d$condition == "reference"] <- c(80, 100, 89, 100, 90, 95)
d$rating[d$participant == "p05" & d$condition == "reference"] <- c(100, 100, 89, 100, 90, 95)  # one of six: 17 %
d$rating[d$participant == "p07" & d$condition == "anchor70"] <- c(95, 50, 91, 60, 90, 40)
d$rating[d$clip == "clip6" & d$condition == "anchor70"] <- 91 + seq_len(13) %% 3
d$descriptor <- "quality"
d <- d[c("participant", "descriptor", "clip", "condition", "rating")]
write.csv(d, file.path(here, "mushra.csv"), row.names = FALSE, quote = FALSE)

# ---- who is left out, medians, tests ---------------------------------------------------------------------------------------------
ref <- subset(d, condition == "reference"); mid <- subset(d, condition == "anchor70")
unharmed <- names(which(tapply(mid$rating > 90, mid$clip, mean) > 0.25)); mid <- subset(mid, !clip %in% unharmed)
below <- tapply(ref$rating < 90, ref$participant, mean); above <- tapply(mid$rating > 90, mid$participant, mean)
summary_of <- function(x) { n <- length(x); k <- qbinom(0.025, n, 0.5); q <- quantile(x, c(0.5, 0.25, 0.75), names = FALSE)
  list(n = n, median = q[1], q1 = q[2], q3 = q[3], ci = sort(x)[c(k, n - k + 1)]) }
by_clip <- lapply(split(d, d$condition), function(x) lapply(split(x$rating, x$clip), summary_of))
m <- tapply(d$rating, list(d$participant, factor(d$condition, conditions)), mean)
f <- friedman.test(m)
fit <- lmer(rating ~ condition + (1 | participant) + (1 | clip), transform(d, condition = factor(condition, conditions)))
out <- list(below = as.list(below), above = as.list(above), by_clip = by_clip, over = lapply(split(d$rating, d$condition), quantile, c(0.5, 0.25, 0.75), names = FALSE),
            friedman = list(chi2 = unname(f$statistic), p = f$p.value), lmer = as.data.frame(coef(summary(fit)))$Estimate)
write_json(out, file.path(here, "mushra.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
