# Makes tests/reference/data/adaptivity.csv and .json: does the advantage depend on how much a clip already sounds so, over all descriptors.
#   Rscript tests/reference/adaptivity.R        (Debian: r-cran-lme4 r-cran-lmertest r-cran-jsonlite)
suppressMessages({library(lme4); library(lmerTest); library(jsonlite)})
options(warn = -1)
here <- "tests/reference/data"
set.seed(6)
d <- expand.grid(clip = sprintf("clip%d", 1:12), condition = c("semantic", "static"), descriptor = c("warm", "bright"), participant = sprintf("p%02d", 1:14), stringsAsFactors = FALSE)
effect <- function(...) { key <- interaction(..., drop = TRUE); rnorm(nlevels(key))[key] }
score <- round(rnorm(24, 0.2, 0.9), 3)[as.integer(interaction(d$clip, d$descriptor))]
semantic <- as.numeric(d$condition == "semantic")
own <- rnorm(14, 0, 0.7)[as.integer(factor(d$participant))]
d$rating <- round(4 + 0.7 * effect(d$participant) + effect(d$clip) * 0.4 + semantic * (0.6 + 0.2 * (d$descriptor == "warm") - (1 + own) * score) +
  0.6 * semantic * effect(d$participant) + 0.5 * semantic * effect(d$participant, d$descriptor) + 0.4 * semantic * effect(d$clip) +
  0.5 * semantic * effect(d$clip, d$descriptor) + rnorm(nrow(d)), 3)
d$baseline_score <- score
d <- d[runif(nrow(d)) > 0.08, c("participant", "descriptor", "clip", "condition", "rating", "baseline_score")]
write.csv(d, file.path(here, "adaptivity.csv"), row.names = FALSE, quote = FALSE)

w <- merge(subset(d, condition == "semantic"), subset(d, condition == "static"), by = c("participant", "descriptor", "clip", "baseline_score"))
w$diff <- w$rating.x - w$rating.y
w$centred <- w$baseline_score - mean(unique(w[c("descriptor", "clip", "baseline_score")])$baseline_score)
w$descriptor <- factor(w$descriptor, levels = c("warm", "bright"))
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 2e5))
of_model <- function(formula, data, words) {
  fit <- lmer(formula, data, control = control)
  stopifnot(!isSingular(fit))
  k <- words + 1
  slope <- contest1D(fit, as.numeric(seq_len(k) == k), confint = TRUE)
  row <- function(x) c(1, rep(1 / words, words - 1), x)
  at <- c(-1, 0, 1)
  curve <- do.call(rbind, lapply(at, function(x) contest1D(fit, row(x), confint = TRUE)))
  v <- as.matrix(vcov(fit)); b <- fixef(fit); L <- rbind(row(0), as.numeric(seq_len(k) == k))
  cm <- as.numeric(L %*% b); V <- L %*% v %*% t(L); q <- qt(0.975, slope$df)^2
  fieller <- sort(Re(polyroot(c(cm[1]^2 - q * V[1, 1], 2 * (cm[1] * cm[2] - q * V[1, 2]), cm[2]^2 - q * V[2, 2]))))
  list(call = deparse1(formula), deviance = unname(REMLcrit(fit)), slope = slope, at = at, curve = curve, ends_at = -cm[1] / cm[2], fieller = fieller)
}
formula <- diff ~ descriptor + baseline_score + (1 + centred | participant) + (1 | participant:descriptor) + (1 | clip) + (1 | clip:descriptor)
warm <- subset(w, descriptor == "warm")
warm$centred <- warm$baseline_score - mean(unique(warm[c("clip", "baseline_score")])$baseline_score)
out <- list(both = of_model(formula, w, 2), warm = of_model(diff ~ baseline_score + (1 + centred | participant) + (1 | clip), warm, 1))
write_json(out, file.path(here, "adaptivity.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
