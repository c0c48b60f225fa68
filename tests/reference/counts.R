# Makes tests/reference/data/counts.json: tests at the fewest and the most values at which they are computed in one way.
#   Rscript tests/reference/counts.R        (Debian: r-base-core r-cran-jsonlite r-cran-psych)
library(jsonlite)
options(warn = -1)
here <- "tests/reference/data"
differences <- function(n) (seq_len(n) + 0.5) * ifelse(seq_len(n) %% 3 == 0, -1, 1)
flips <- function(d) { # every way to flip the signs
  sums <- 0
  for (x in d) sums <- c(sums - x, sums + x)
  mean(abs(sums) >= abs(sum(d)) - 1e-9)
}
ranks <- lapply(c(1, 2, 49, 50), function(n) {
  t <- wilcox.test(differences(n))
  list(n = n, v = unname(t$statistic), p = t$p.value)
})
blocks <- lapply(list(matrix(c(1, 2, 3, 2, 1, 3), 2, byrow = TRUE), matrix(c(1, 2, 2, 1, 1, 3), 3, byrow = TRUE)), function(m) {
  t <- friedman.test(m)
  list(values = m, chi2 = unname(t$statistic), p = t$p.value)
})
judges <- lapply(list(matrix(c(1, 2, 5, 4, 3, 6), 3), matrix(c(1, 2, 2, 5, 4, 6), 2)), function(m) {
  found <- psych::ICC(m, lmer = FALSE)$results[c("Single_random_raters", "Average_random_raters"), ]
  list(targets = m, single = unname(unlist(found[1, c("ICC", "lower bound", "upper bound")])),
       average = unname(unlist(found[2, c("ICC", "lower bound", "upper bound")])))
})
welch <- lapply(list(c(2, 2), c(2, 2, 2)), function(n) {
  d <- data.frame(y = c(1, 2, 4, 6, 3, 8)[seq_len(sum(n))], g = factor(rep(seq_along(n), n)))
  t <- oneway.test(y ~ g, d)
  list(n = n, f = unname(t$statistic), df2 = unname(t$parameter[2]), p = t$p.value)
})
trimmed <- lapply(c(4, 5, 9, 10), function(n) list(n = n, mean = mean(differences(n), trim = 0.2)))
circular <- lapply(c(3, 4, 6, 7), function(k) { # no circular triad by guessing: counted to six conditions, then normal
  exact <- factorial(k) / 2^choose(k, 2)
  normal <- pnorm((0.5 - choose(k, 3) / 4) / sqrt(choose(k, 3) * 3 / 16))
  list(k = k, p = if (k <= 6) exact else normal)
})
d <- differences(501)
out <- list(ranks = ranks, blocks = blocks, judges = judges, welch = welch, trimmed = trimmed, circular = circular,
            exact16 = flips(differences(16)), exact17 = flips(differences(17)), normal501 = 2 * pnorm(-abs(sum(d)) / sqrt(sum(d^2))))
write_json(out, file.path(here, "counts.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
