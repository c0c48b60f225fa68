# Makes tests/reference/data/*.csv and *.json: the numbers that R gives and the call that gave each.
#   Rscript tests/reference/reference.R        (Debian: r-cran-afex r-cran-lme4 r-cran-effectsize r-cran-psych r-cran-ordinal r-cran-jsonlite)
suppressMessages({library(afex); library(lme4); library(effectsize); library(psych); library(ordinal); library(jsonlite)})
options(warn = -1)
here <- "tests/reference/data"

# ---- data -------------------------------------------------------------------------------------------------------------------
generate <- function(seed, participants, clips, conditions, descriptors, effects, missing = 0, ids = sprintf("p%02d", 1:participants)) {
  set.seed(seed)
  d <- expand.grid(clip = sprintf("clip %s", LETTERS[1:clips]), condition = conditions, descriptor = descriptors,
                   participant = ids, stringsAsFactors = FALSE)
  p <- match(d$participant, ids); k <- match(d$condition, conditions); q <- match(d$descriptor, descriptors)
  own <- array(rnorm(participants * length(conditions) * length(descriptors), 0, 0.45), c(participants, length(conditions), length(descriptors)))
  latent <- 4 + rnorm(participants, 0, 0.7)[p] + rnorm(clips, 0, 0.5)[match(d$clip, unique(d$clip))] + effects[k] * (1 + 0.3 * (q - 1)) +
    own[cbind(p, k, q)] + rnorm(nrow(d), 0, 1)
  d$rating <- pmin(7, pmax(1, round(latent)))
  d[runif(nrow(d)) >= missing, c("participant", "descriptor", "clip", "condition", "rating")]
}
four <- c("original", "semantic", "flow", "static")
listening <- generate(1, 12, 6, four, c("warm", "bright", "airy"), c(-0.6, 0.6, 0.1, 0.3))
unbalanced <- generate(2, 11, 7, c("zeta", "alpha", "mid"), c("warm", "bright"), c(0, 0.5, 0.9), missing = 0.12, ids = sprintf("%03d", 7 * 1:11))
unbalanced <- subset(unbalanced, !(participant == "021" & condition == "mid" & descriptor == "bright"))
unbalanced <- subset(unbalanced, !(clip == "clip C" & condition == "zeta"))
unbalanced <- unbalanced[sample(nrow(unbalanced)), ]
two <- generate(3, 9, 5, c("adaptive", "fixed"), "warm", c(0.3, 0))
few <- generate(4, 5, 4, c(four, "loud"), c("warm", "bright"), c(-0.6, 0.6, 0.1, 0.3, 0.2))
data(md_12.1, package = "afex")  # Maxwell & Delaney (2004), table 12.1: reaction time by noise and angle
maxwell <- data.frame(participant = md_12.1$id, descriptor = md_12.1$noise, clip = "all", condition = md_12.1$angle, rating = md_12.1$rt)
data(obk.long, package = "afex")  # O'Brien & Kaiser (1985): phase by hour
obrien <- data.frame(participant = obk.long$id, descriptor = obk.long$phase, clip = "all", condition = paste0("hour", obk.long$hour), rating = obk.long$value)
shrout <- as.matrix(read.table(text = "9 2 5 8\n6 1 3 2\n8 4 6 8\n7 1 2 6\n10 5 6 9\n6 2 4 7"))  # Shrout & Fleiss (1979), table 2

# ---- calls ------------------------------------------------------------------------------------------------------------------
in_order <- function(x) factor(x, levels = unique(x))
prepare <- function(d) { for (n in c("participant", "descriptor", "clip", "condition")) d[[n]] <- in_order(as.character(d[[n]])); d }
rows <- function(m) { n <- rownames(m); m <- as.data.frame(unclass(m), row.names = NULL); cbind(name = n, m) }

anova_of <- function(d, within) {
  fit <- aov_ez("participant", "rating", d, within = within, fun_aggregate = mean, anova_table = list(correction = "none", es = c("ges", "pes")))
  s <- summary(fit)
  list(call = paste0('aov_ez("participant", "rating", d, within = c("', paste(within, collapse = '", "'), '"), fun_aggregate = mean)'),
       table = rows(fit$anova_table), adjustments = rows(s$pval.adjustments), mauchly = rows(s$sphericity.tests))
}
descriptor_of <- function(d) {
  m <- aggregate(rating ~ participant + condition, d, mean)
  wide <- reshape(m, idvar = "participant", timevar = "condition", direction = "wide")
  names(wide) <- sub("rating.", "", names(wide), fixed = TRUE)
  pairs <- combn(levels(d$condition), 2, simplify = FALSE)
  compare <- function(pair) {
    w <- na.omit(wide[, pair]); a <- w[[1]]; b <- w[[2]]
    t <- t.test(a, b, paired = TRUE); w <- wilcox.test(a, b, paired = TRUE)
    z <- cohens_d(a, b, paired = TRUE); g <- hedges_g(a, b, paired = TRUE); r <- rank_biserial(a, b, paired = TRUE)
    list(a = pair[1], b = pair[2], diff = unname(t$estimate), t = unname(t$statistic), dof = unname(t$parameter), p_unc = t$p.value,
         ci_low = t$conf.int[1], ci_high = t$conf.int[2], dz = z$Cohens_d, dz_low = z$CI_low, dz_high = z$CI_high,
         ncp = sapply(c(0.975, 0.025), function(q) uniroot(function(n) pt(t$statistic, t$parameter, n) - q, c(-36, 36), tol = 1e-12)$root),
         hedges_g = g$Hedges_g, hedges_g_low = g$CI_low, hedges_g_high = g$CI_high, dav = (mean(a) - mean(b)) / ((sd(a) + sd(b)) / 2),
         p_wilcoxon = w$p.value, wilcoxon_v = unname(w$statistic), rank_biserial = r$r_rank_biserial)
  }
  p <- lapply(pairs, compare)
  complete <- na.omit(wide)
  f <- friedman.test(as.matrix(complete[, levels(d$condition)]))
  list(calls = c("t.test(a, b, paired = TRUE)", "wilcox.test(a, b, paired = TRUE)", "cohens_d(a, b, paired = TRUE)", "hedges_g(a, b, paired = TRUE)",
                 "rank_biserial(a, b, paired = TRUE)", 'p.adjust(p, "holm")', "friedman.test(as.matrix(complete))"),
       pairs = p, p_holm = p.adjust(sapply(p, `[[`, "p_unc"), "holm"), friedman = list(chi2 = unname(f$statistic), dof = unname(f$parameter), p = f$p.value))
}
means_of <- function(d) {
  m <- aggregate(rating ~ participant + condition + descriptor, d, mean)
  do.call(rbind, lapply(split(m, list(m$condition, m$descriptor), drop = TRUE), function(x) {
    t <- t.test(x$rating)
    data.frame(descriptor = x$descriptor[1], condition = x$condition[1], n = nrow(x), mean = mean(x$rating), sd = sd(x$rating),
               ci_low = t$conf.int[1], ci_high = t$conf.int[2], median = median(x$rating))
  }))
}
mixed_of <- function(d, formula) {
  fit <- lmer(formula, d, REML = TRUE, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5)))
  v <- as.data.frame(VarCorr(fit))
  list(call = paste0("lmer(", deparse1(formula), ", REML = TRUE)"), fixed = rows(coef(summary(fit))), variances = v,
       criterion = unname(REMLcrit(fit)), confint = rows(confint(fit, method = "Wald", parm = "beta_")))
}
ordinal_of <- function(d, formula) {
  d$rating <- factor(d$rating, ordered = TRUE)
  fit <- clmm(formula, data = d)
  list(call = paste0("clmm(", deparse1(formula), ")"), coefficients = rows(coef(summary(fit))), log_likelihood = as.numeric(logLik(fit)),
       variances = sapply(VarCorr(fit), function(v) v[1]))
}
agreement_of <- function(m) {
  i <- ICC(m)$results
  list(call = "psych::ICC(m)", rows = i[, c("type", "ICC", "F", "df1", "df2", "p", "lower bound", "upper bound")])
}
icc_matrix <- function(d) {
  d$stimulus <- paste(d$descriptor, d$clip, d$condition)
  m <- tapply(d$rating, list(d$stimulus, d$participant), mean)
  m
}

# ---- write ------------------------------------------------------------------------------------------------------------------
save_json <- function(x, name) write_json(x, file.path(here, paste0(name, ".json")), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
save_data <- function(d, name) write.csv(d, file.path(here, paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
study_reference <- function(raw, name, mixed = TRUE) {
  save_data(raw, name)
  d <- prepare(raw)
  within <- if (nlevels(d$descriptor) > 1) c("condition", "descriptor") else "condition"
  out <- list(anova = anova_of(d, within), means = means_of(d))
  out$by_descriptor <- lapply(split(d, d$descriptor), function(x) list(anova = anova_of(droplevels(x), "condition"), tests = descriptor_of(x)))
  if (mixed) {
    fixed <- if (nlevels(d$descriptor) > 1) "condition * descriptor" else "condition"
    out$mixed <- mixed_of(d, as.formula(paste("rating ~", fixed, "+ (1 | participant) + (1 | clip)")))
    out$slopes <- mixed_of(d, as.formula(paste("rating ~", fixed, "+ (1 + condition | participant) + (1 | clip)")))
    out$ordinal <- ordinal_of(d, as.formula(paste("rating ~", fixed, "+ (1 | participant) + (1 | clip)")))
    out$icc <- agreement_of(icc_matrix(d))
  }
  save_json(out, name)
}
study_reference(listening, "listening")
study_reference(unbalanced, "unbalanced")
study_reference(two, "two")
study_reference(few, "few", mixed = FALSE)
study_reference(maxwell, "maxwell", mixed = FALSE)
study_reference(obrien, "obrien", mixed = FALSE)
without_lmer <- ICC(shrout, lmer = FALSE)$results  # mean squares of aov()
save_json(c(list(data = shrout, aov = list(ICC2 = without_lmer$ICC[2], ICC2k = without_lmer$ICC[5])), agreement_of(shrout)), "shrout")
cat(R.version.string, "\n"); for (p in c("afex", "lme4", "effectsize", "psych", "ordinal")) cat(p, as.character(packageVersion(p)), "\n")
