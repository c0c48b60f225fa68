# Makes tests/reference/data/odds.json: Mantel-Haenszel odds ratios at each split of the scale, participants as strata.
#   Rscript tests/reference/odds.R        (Debian: r-base-core r-cran-jsonlite)
library(jsonlite)
d <- subset(read.csv("tests/reference/data/listening.csv"), condition %in% c("semantic", "static"))
ratio <- function(x, k) mantelhaen.test(table(x$condition == "static", x$rating <= k, x$participant))$estimate[[1]]
rows <- list()
for (word in unique(d$descriptor)) for (k in 1:6) {
  x <- subset(d, descriptor == word)
  ids <- Filter(function(i) { y <- subset(x, participant == i); length(unique(y$rating > k)) > 1 }, unique(x$participant))
  x <- subset(x, participant %in% ids); m <- length(ids)
  if (m < 2) next
  each <- sapply(ids, function(i) tryCatch(log(ratio(subset(x, participant != i), k)), error = function(e) NA))
  whole <- log(ratio(x, k))
  if (!all(is.finite(c(each, whole)))) next
  reach <- qt(.975, m - 1) * sd(m * whole - (m - 1) * each) / sqrt(m)
  rows[[length(rows) + 1]] <- list(descriptor = word, split = paste(">", k), odds_ratio = exp(whole), ci_low = exp(whole - reach), ci_high = exp(whole + reach))
}
write_json(rows, "tests/reference/data/odds.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
