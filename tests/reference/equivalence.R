# Makes tests/reference/data/equivalence.json: equivalence tests, JZS Bayes factors, and tests of participant means that assume no normal distribution.
#   Rscript tests/reference/equivalence.R        (Debian: r-base-core r-cran-bayesfactor r-cran-jsonlite)
suppressMessages({library(BayesFactor); library(jsonlite)})
options(warn = -1)
here <- "tests/reference/data"
margin <- 0.5
pairs <- list(listening = c("semantic", "static"), unbalanced = c("alpha", "mid"), two = c("adaptive", "fixed"))

trimmed <- function(x, tr = 0.2) {  # Wilcox (2012), section 4.3
  n <- length(x); g <- floor(tr * n); s <- sort(x); s[seq_len(g)] <- s[g + 1]; s[n + 1 - seq_len(g)] <- s[n - g]
  se <- sd(s) / ((1 - 2 * tr) * sqrt(n)); df <- n - 2 * g - 1; m <- mean(x, trim = tr)
  list(estimate = m, statistic = m / se, df = df, p = 2 * pt(-abs(m / se), df), ci_low = m - qt(.975, df) * se, ci_high = m + qt(.975, df) * se)
}
flips <- function(x) {
  signs <- as.matrix(expand.grid(rep(list(c(-1, 1)), length(x))))
  mean(abs(signs %*% x) >= abs(sum(x)) - 1e-9)
}
of_study <- function(name) {
  d <- read.csv(file.path(here, paste0(name, ".csv")), colClasses = c(participant = "character"))
  d$descriptor <- factor(d$descriptor, levels = unique(d$descriptor))
  lapply(split(d, d$descriptor), function(x) {
    m <- na.omit(tapply(x$rating, list(x$participant, x$condition), mean)[, pairs[[name]]])
    a <- m[, 1]; b <- m[, 2]; difference <- a - b; walsh <- outer(difference, difference, "+") / 2
    t <- t.test(a, b, paired = TRUE)
    list(p_lower = t.test(a, b, paired = TRUE, mu = -margin, alternative = "greater")$p.value,
         p_upper = t.test(a, b, paired = TRUE, mu = margin, alternative = "less")$p.value,
         p_difference = t$p.value, ci90 = t.test(a, b, paired = TRUE, conf.level = 0.9)$conf.int[1:2],
         bf10 = extractBF(ttestBF(a, b, paired = TRUE))$bf, p_flips = flips(difference), trimmed = trimmed(difference),
         hodges_lehmann = median(walsh[upper.tri(walsh, diag = TRUE)]))
  })
}
jzs <- expand.grid(t = c(0, 0.7, 2.2, 5), n = c(3, 15, 200))
jzs$bf10 <- exp(mapply(function(t, n) ttest.tstat(t, n1 = n)$bf, jzs$t, jzs$n))
out <- c(lapply(setNames(nm = names(pairs)), of_study), list(jzs = jzs))
write_json(out, file.path(here, "equivalence.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
cat(R.version.string, "BayesFactor", as.character(packageVersion("BayesFactor")), "\n")
