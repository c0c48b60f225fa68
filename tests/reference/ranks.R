# Makes tests/reference/data/ranks.json: rank tests of participant means in which what is tied counts as tied.
#   Rscript tests/reference/ranks.R        (Debian: r-base-core r-cran-jsonlite)
library(jsonlite)
options(warn = -1)
here <- "tests/reference/data"
clean <- function(x, size) { x[abs(x) < 1e-10 * size] <- 0; signif(x, 7) }
of_study <- function(name) {
  d <- read.csv(file.path(here, paste0(name, ".csv")), colClasses = c(participant = "character"))
  for (n in c("descriptor", "condition")) d[[n]] <- factor(d[[n]], levels = unique(d[[n]]))
  lapply(split(d, d$descriptor), function(x) {
    m <- tapply(x$rating, list(x$participant, x$condition), mean)
    pairs <- combn(colnames(m), 2, simplify = FALSE)
    complete <- m[complete.cases(m), ]
    f <- friedman.test(clean(complete, max(complete)))
    list(pairs = lapply(pairs, function(p) {
      w <- na.omit(m[, p])
      t <- wilcox.test(clean(w[, 1] - w[, 2], max(abs(w))), digits.rank = 7)
      list(a = p[1], b = p[2], v = unname(t$statistic), p = t$p.value)
    }), friedman = list(chi2 = unname(f$statistic), p = f$p.value))
  })
}
names <- c("listening", "unbalanced", "two", "few", "maxwell", "obrien")
write_json(setNames(lapply(names, of_study), names), file.path(here, "ranks.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
