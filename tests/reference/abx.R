# Makes tests/reference/data/abx.csv and abx.json: ABX by psyphy (d') and base R (binom.test, p.adjust, power).
#   Rscript tests/reference/abx.R        (Debian: r-cran-psyphy r-cran-jsonlite)
suppressMessages({library(psyphy); library(jsonlite)})
here <- "tests/reference/data"
conditions <- c("original", "semantic", "static")

# ---- data: some hear the difference, some guess ------------------------------------------------------------------------------
set.seed(41)
hears <- c(0.9, 0.6, 0.05); pairs <- t(combn(conditions, 2))
d <- do.call(rbind, lapply(c("warm", "bright"), function(word) do.call(rbind, lapply(sprintf("p%02d", 1:9), function(p)
  do.call(rbind, lapply(1:3, function(k) { n <- 8; p_right <- if (runif(1) < hears[k]) 0.85 else 0.5
    turned <- runif(n) < 0.5
    data.frame(participant = p, descriptor = word, clip = paste0("clip", 1:n %% 4), a = ifelse(turned, pairs[k, 2], pairs[k, 1]),
               b = ifelse(turned, pairs[k, 1], pairs[k, 2]), correct = tolower(runif(n) < p_right)) }))))))
write.csv(d, file.path(here, "abx.csv"), row.names = FALSE, quote = FALSE)

# ---- tests -------------------------------------------------------------------------------------------------------------------
d_of <- function(p, method) if (p <= 0.5) 0 else if (p >= 1) Inf else dprime.ABX(Pc.unb = p, method = method)
test <- function(x) {
  n <- nrow(x); k <- sum(x$correct == "true"); t <- binom.test(k, n, alternative = "greater"); ci <- binom.test(k, n)$conf.int
  by <- aggregate(correct ~ participant, transform(x, correct = correct == "true"), function(v) c(sum(v), length(v)))$correct
  list(trials = n, correct = k, p = t$p.value, ci_low = ci[1], ci_high = ci[2], discriminators = max(0, 2 * k / n - 1),
       difference = sapply(c(k / n, ci), d_of, "diff"), independent = sapply(c(k / n, ci), d_of, "IO"))
}
key <- function(x) ifelse(match(x$a, conditions) < match(x$b, conditions), paste(x$a, x$b), paste(x$b, x$a))
tests <- lapply(split(d, d$descriptor), function(w) { t <- lapply(split(w, key(w)), test); p <- p.adjust(sapply(t, `[[`, "p"), "holm")
  Map(function(x, q) c(x, p_holm = q), t, p) })

# ---- power: critical values and exact power, one trial number at a time ---------------------------------------------------------
power_of <- function(n, p, alpha = 0.05) { c <- 0:n; crit <- min(c[pbinom(c - 1, n, 0.5, lower.tail = FALSE) <= alpha], n + 1); pbinom(crit - 1, n, p, lower.tail = FALSE) }
needed <- function(p, wanted, most = 1500) { w <- sapply(1:most, power_of, p) >= wanted; max(which(!w)) + 1 }
shares <- c(0.1, 0.2, 0.3, 0.5)
out <- list(calls = c("binom.test(correct, trials, alternative = 'greater')", "psyphy::dprime.ABX(Pc.unb = p, method = 'diff')", "psyphy::dprime.ABX(Pc.unb = p, method = 'IO')"),
  tests = tests, power = data.frame(trials = c(8, 16, 40, 100), power = sapply(c(8, 16, 40, 100), power_of, 0.7)),
  needed = data.frame(discriminators = shares, trials_80 = sapply(0.5 + shares / 2, needed, 0.8), trials_90 = sapply(0.5 + shares / 2, needed, 0.9)),
  detectable = sapply(c(16, 40, 100), function(n) 2 * uniroot(function(p) power_of(n, p) - 0.8, c(0.5, 1), tol = 1e-12)$root - 1))
write_json(out, file.path(here, "abx.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
cat(R.version.string, "\n"); cat("psyphy", as.character(packageVersion("psyphy")), "\n")
