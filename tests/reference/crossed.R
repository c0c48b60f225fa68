# Makes tests/reference/data/crossed_*.json: the main model (slopes of condition for participants and for clips) by lmerTest and emmeans.
#   Rscript tests/reference/crossed.R        (Debian: r-cran-lme4 r-cran-lmertest r-cran-emmeans r-cran-jsonlite)
suppressMessages({library(lme4); library(lmerTest); library(emmeans); library(jsonlite)})
options(warn = -1)
emm_options(lmerTest.limit = 1e5)
here <- "tests/reference/data"

# ---- data: every variance of the main model is there -----------------------------------------------------------------------
set.seed(12)
people <- 24; clips <- 14; words <- c("warm", "bright"); conditions <- c("original", "semantic", "static")
d <- expand.grid(clip = sprintf("clip %02d", 1:clips), condition = conditions, descriptor = words, participant = sprintf("p%02d", 1:people), stringsAsFactors = FALSE)
effect <- function(...) { key <- interaction(..., drop = TRUE); rnorm(nlevels(key))[key] }
latent <- with(d, 4 + c(original = -0.5, semantic = 0.6, static = 0.1)[condition] + 0.2 * (condition == "semantic" & descriptor == "bright") +
  0.8 * effect(participant) + 0.5 * effect(clip) + 0.4 * effect(participant, descriptor) + 0.4 * effect(clip, descriptor) +
  0.6 * effect(participant, condition) + 0.5 * effect(clip, condition) + 0.5 * effect(participant, condition, descriptor) +
  0.5 * effect(clip, condition, descriptor) + rnorm(nrow(d)))
d$rating <- round(latent, 3)
d <- d[c("participant", "descriptor", "clip", "condition", "rating")]
write.csv(d, file.path(here, "crossed.csv"), row.names = FALSE, quote = FALSE)
gaps <- d[runif(nrow(d)) > 0.15, ]
write.csv(gaps, file.path(here, "crossed_gaps.csv"), row.names = FALSE, quote = FALSE)

# ---- the model -------------------------------------------------------------------------------------------------------------
codes <- function(condition, a, b) {  # a - b, then the mean of those before minus the next
  order <- c(a, b, setdiff(levels(condition), c(a, b)))
  m <- sapply(seq_len(length(order) - 1), function(k) { w <- setNames(rep(0, length(order)), order); w[order[1:k]] <- 1 / k; w[order[k + 1]] <- -1; w / sum(w^2) })
  m[match(as.character(condition), order), , drop = FALSE]
}
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 2e5), check.nobs.vs.nRE = "ignore", check.nobs.vs.nlev = "ignore", calc.derivs = FALSE)
reference <- function(raw, name, a, b, groups) {
  d <- raw
  for (n in c("participant", "descriptor", "clip", "condition")) d[[n]] <- factor(d[[n]], levels = unique(d[[n]]))
  z <- codes(d$condition, a, b); colnames(z) <- paste0("c", seq_len(ncol(z))); d <- cbind(d, z)
  several <- nlevels(d$descriptor) > 1
  fixed <- if (several) "condition * descriptor" else "condition"
  formula_of <- function(correlated) {
    random <- if (correlated) paste0("(1 + ", paste(colnames(z), collapse = " + "), " | ", groups, ")")
              else unlist(lapply(groups, function(g) paste0("(", c("1", paste("0 +", colnames(z))), " | ", g, ")")))
    as.formula(paste("rating ~", fixed, "+", paste(random, collapse = " + ")))
  }
  fit <- lmer(formula_of(TRUE), d, control = control)
  correlated <- !isSingular(fit)
  if (!correlated) fit <- lmer(formula_of(FALSE), d, control = control)
  contrast(emmeans(fit, if (several) ~ condition | descriptor else ~ condition, lmer.df = "satterthwaite"), "pairwise") -> pairs
  by <- as.data.frame(summary(pairs, infer = TRUE, adjust = "none"))
  over <- as.data.frame(summary(contrast(emmeans(fit, ~ condition, lmer.df = "satterthwaite"), "pairwise"), infer = TRUE, adjust = "none"))
  means <- as.data.frame(summary(emmeans(fit, ~ condition, lmer.df = "satterthwaite")))
  t <- as.data.frame(anova(fit, type = 3))
  names(t) <- c("ss", "ms", "df1", "df2", "F", "p")
  out <- list(call = deparse1(formula(fit)), correlated = correlated, deviance = unname(REMLcrit(fit)), tests = cbind(effect = rownames(t), t),
              within = by, over = over, means = means, variances = as.data.frame(VarCorr(fit)))
  write_json(out, file.path(here, paste0("crossed_of_", name, ".json")), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
  cat(name, if (correlated) "correlated" else "uncorrelated", "\n")
}
four <- c("participant", "participant:descriptor", "clip", "clip:descriptor")
read <- function(name) read.csv(file.path(here, paste0(name, ".csv")), stringsAsFactors = FALSE, colClasses = c(participant = "character"))
reference(d, "crossed", "semantic", "static", four)
reference(gaps, "crossed_gaps", "semantic", "static", four)
reference(read("listening"), "listening", "semantic", "static", four)
reference(read("unbalanced"), "unbalanced", "alpha", "mid", four)
reference(read("two"), "two", "adaptive", "fixed", c("participant", "clip"))

