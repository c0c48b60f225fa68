# Computes the numbers of this folder's tables once more, by R's own packages, from ratings.csv.
#   Rscript reproduce.R                   (Debian: r-cran-afex r-cran-lmertest r-cran-emmeans r-cran-ordinal r-cran-psych)
#   Rscript reproduce.R anova posthoc     only these tables
# Prints how many of the figures agree and which do not; the exit code is 1 if one does not.
suppressMessages({library(afex); library(lmerTest); library(emmeans); library(ordinal); library(psych)})
options(warn = -1)
emm_options(lmerTest.limit = 1e6, msg.nesting = FALSE)
here <- dirname(sub("^--file=", "", gsub("~+~", " ", grep("^--file=", commandArgs(FALSE), value = TRUE)[1], fixed = TRUE)))

# ---- settings: what the analysis did -----------------------------------------------------------------------------------------
#SETTINGS#

# ---- comparing ---------------------------------------------------------------------------------------------------------------
EVERY <- "all descriptors"
figures <- data.frame()  # one row per number: table, row, column, printed, in_r, agrees
uncomputed <- character()
not_computed <- function(name, error) { message(name, ": ", conditionMessage(error)); uncomputed <<- c(uncomputed, name) }
read <- function(...) read.csv(file.path(here, ...), colClasses = "character", na.strings = "", encoding = "UTF-8", check.names = FALSE)
key <- function(table, keys) do.call(paste, c(unname(as.list(table[keys])), sep = " | "))
asked <- commandArgs(TRUE)
wants <- function(file) file.exists(file.path(here, paste0(file, ".csv"))) && (!length(asked) || file %in% asked)
is_close <- function(x, y, tolerance, floor) {
  large <- abs(x) > 1e6 & abs(y) > 1e6  # the end of an interval that has none
  large | ifelse(is.finite(x) & is.finite(y), abs(x - y) <= tolerance * pmax(abs(y), floor), FALSE)
}
# Closed forms: 1e-6. Models that are searched for: 1e-3, and 1 % of what hangs on their curvature.
beyond <- character(); skipped <- character() # what R's packages do not take, and the descriptors of which they do not
clmm_takes <- function(name, o, groups) { few <- groups[sapply(groups, function(g) nlevels(o[[g]]) < 3)]
  if (length(few)) beyond <<- c(beyond, paste0(name, " (clmm needs three of each ", few[1], ")")); !length(few) }
agree <- function(name, keys, compute, tolerance = 1e-6, floor = 1e-3) {
  file <- placed(name)
  if (!wants(file)) return(invisible())
  ours <- read(paste0(file, ".csv"))
  if (startsWith(name, "ordinal_odds")) ours <- ours[!(ours$descriptor %in% skipped), ]
  if (!nrow(ours)) return(invisible())
  theirs <- tryCatch(as.data.frame(suppressMessages(compute())), error = function(e) { not_computed(file, e); NULL })
  columns <- setdiff(names(theirs), keys)
  if (is.null(theirs)) return(invisible())
  at <- match(key(ours, keys), key(theirs, keys))
  for (column in columns) {
    x <- suppressWarnings(as.numeric(ours[[column]])); y <- as.numeric(theirs[[column]])[at]
    limit <- if (tolerance > 1e-6 && column %in% c("df", "df2", "sd_low", "sd_high")) 0.01 else tolerance
    rows <- !is.na(x) | !is.na(y)
    if (any(rows)) figures <<- rbind(figures, data.frame(table = file, row = key(ours, keys)[rows], column, printed = x[rows], in_r = y[rows],
      agrees = is_close(x, y, limit, floor)[rows]))
  }
}
placed <- function(names) if (folder == "") names else file.path(folder, names)
modelled <- function(name, keys, compute) agree(name, keys, compute, 1e-3, 1)
lookup <- function(table, row, column) { at <- figures$table == table & figures$row == row & figures$column == column; if (any(at)) figures$in_r[at][1] else NA }
stack <- function(rows) do.call(rbind, Filter(Negate(is.null), rows))

# ---- data: labels become codes, so that any label can be analysed ------------------------------------------------------------
coded <- function(raw) {
  raw$rating <- as.numeric(raw$rating)
  code <- function(x, prefix, levels = unique(x)) factor(paste0(prefix, match(x, levels)), paste0(prefix, seq_along(levels)))
  d <- data.frame(participant = code(raw$participant, "p"), descriptor = code(raw$descriptor, "d", descriptors), clip = code(raw$clip, "k"),
                  condition = code(raw$condition, "c", conditions), rating = raw$rating)
  d$stimulus <- paste(d$descriptor, d$clip, d$condition)
  attr(d, "participants") <- unique(raw$participant); attr(d, "clips") <- unique(raw$clip)
  d
}
word <- function(code, labels) labels[as.integer(sub("^[a-z]", "", as.character(code)))]
several <- length(descriptors) > 1
pairs_of <- function(k) if (k > 1) asplit(combn(k, 2), 2) else list()
a <- match(compared[1], conditions); b <- match(compared[2], conditions)
each <- function(of_descriptor) stack(lapply(seq_along(descriptors), function(i) {
  found <- of_descriptor(i); if (is.null(found)) NULL else cbind(descriptor = descriptors[i], found) }))
margin_of_error <- function(x) if (length(x) > 1) qt(0.975, length(x) - 1) * sd(x) / sqrt(length(x)) else NA
clean <- function(x, size) { x[abs(x) < 1e-10 * size] <- 0; signif(x, 7) }  # what is tied ranks as tied
is_constant <- function(x) length(x) < 2 || sd(x) <= 1e-12 * max(1, abs(x))

control <- function() lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 2e5), check.nobs.vs.nRE = "ignore",
  check.nobs.vs.nlev = "ignore", check.nobs.vs.rankZ = "ignore", calc.derivs = FALSE)
fitted_by <- function(formula, data) {  # on the edge of the parameters a search may stop early: the best of several
  fit <- suppressMessages(lmer(formula, data, control = control()))
  if (!isSingular(fit)) return(fit)
  diagonal <- getME(fit, "lower") == 0; other <- 0.1 * (-1)^seq_along(diagonal)
  starts <- list(ifelse(diagonal, 0.3, other), ifelse(diagonal, 0.6, -other), ifelse(diagonal, 0.2, 0), ifelse(diagonal, pmax(getME(fit, "theta"), 0.05), getME(fit, "theta")))
  more <- lapply(starts, function(s) suppressMessages(lmer(formula, data, start = s, control = control())))
  fits <- c(list(fit), more); fits[[which.min(sapply(fits, REMLcrit))]]
}
variances_of <- function(fit) {
  cnms <- getME(fit, "cnms"); nc <- lengths(cnms)
  all_of <- function(x) c(unlist(lapply(lme4::mkVarCorr(x[length(x)], cnms, nc, x[-length(x)], names(cnms)), diag)), x[length(x)]^2)
  at <- c(getME(fit, "theta"), sigma(fit)); v <- all_of(at)
  g <- sapply(seq_along(at), function(i) { h <- replace(0 * at, i, 1e-4); (all_of(at + h) - all_of(at - h)) / 2e-4 })
  covariance <- fit@vcov_varpar
  df <- 2 * v^2 / rowSums((g %*% covariance) * g)
  df[df < 1] <- NA # not determined: such a variance has no interval
  term <- unlist(cnms); slope <- term != "(Intercept)"; term[slope] <- slopes[as.integer(sub("c", "", term[slope]))]; term[!slope] <- "Intercept"
  rows <- data.frame(group = c(rep(sub("\\.[0-9]+$", "", names(cnms)), nc), "residual"), term = c(term, NA), variance = v, sd = sqrt(v),
                     sd_low = sqrt(df * v / qchisq(0.975, df)), sd_high = sqrt(df * v / qchisq(0.025, df)))
  rbind(rows, if (nrow(zero)) cbind(zero, variance = 0, sd = 0, sd_low = NA, sd_high = NA))
}
quasi_f <- function(scope, effect, y) {
  y <- y[, apply(apply(is.finite(y), c(1, 2), all), 2, any), , drop = FALSE]; y <- y[apply(is.finite(y), 1, all), , , drop = FALSE]
  n <- dim(y)[1]; k <- dim(y)[2]; m <- dim(y)[3]; if (min(n, k) < 2) return(NULL)
  y <- y - c(apply(y, c(1, 2), mean)); overall <- apply(y, 3, mean)
  p <- sweep(apply(y, c(1, 3), mean), 2, overall); q <- sweep(apply(y, c(2, 3), mean), 2, overall)
  rest <- y; for (i in 1:n) for (j in 1:k) rest[i, j, ] <- y[i, j, ] - p[i, ] - q[j, ] - overall
  df <- (m - 1) * c(1, n - 1, k - 1, (n - 1) * (k - 1)); ms <- c(n * k * sum(overall^2), k * sum(p^2), n * sum(q^2), sum(rest^2)) / df
  f <- (ms[1] + ms[4]) / (ms[2] + ms[3]); df1 <- (ms[1] + ms[4])^2 / (ms[1]^2 / df[1] + ms[4]^2 / df[4]); df2 <- (ms[2] + ms[3])^2 / (ms[2]^2 / df[2] + ms[3]^2 / df[3])
  least <- ms[1] / (ms[2] + ms[3])
  data.frame(descriptor = scope, effect, participants = n, clips = k, F1 = ms[1] / ms[2], F2 = ms[1] / ms[3], quasi_F = f, df1, df2, p = pf(f, df1, df2, lower.tail = FALSE),
             min_F = least, min_df2 = df2, p_min = pf(least, df[1], df2, lower.tail = FALSE))
}
heterogeneity <- function(scope, s) {
  k <- nlevels(s$clip); if (k < 2 || nlevels(s$participant) < 2) return(NULL)
  fit <- lmer(y ~ 1 + (1 | participant) + (1 | clip), s, control = control())
  v <- as.data.frame(VarCorr(fit)); sd_clips <- v$sdcor[v$grp == "clip"]; mean <- unname(fixef(fit)); spread <- sqrt(sd_clips^2 + vcov(fit)[1, 1])
  at <- names(getME(fit, "theta")) == "clip.(Intercept)"; criterion <- update(fit, devFunOnly = TRUE)
  deviance_at <- function(sd) optim(log(c(max(getME(fit, "theta")[!at], 0.1), sigma(fit))), function(x) {  # profile of the restricted likelihood
    theta <- replace(numeric(2), !at, exp(x[1])); theta[at] <- sd / exp(x[2])
    lmerTest:::devfun_vp(c(theta, exp(x[2])), criterion, TRUE) }, control = list(reltol = 1e-12, maxit = 2000))$value
  least <- REMLcrit(fit); excess <- function(sd) deviance_at(sd) - least - qchisq(0.95, 1)
  low <- if (sd_clips < 1e-6 || excess(0) <= 0) 0 else uniroot(excess, c(0, sd_clips), tol = 1e-4)$root
  high <- uniroot(excess, sd_clips + c(0, 1), tol = 1e-4, extendInt = "upX")$root
  reach <- qt(0.975, k - 1) * spread
  data.frame(descriptor = scope, clips = k, diff = mean, sd_clips, sd_low = low, sd_high = high, new_clip_low = mean - reach, new_clip_high = mean + reach, share_above_zero = pt(mean / spread, k - 1))
}
greenhouse_geisser <- function(cells, effect) {
  h <- function(k) { x <- contr.helmert(k); sweep(x, 2, sqrt(colSums(x^2)), "/") }
  z <- switch(effect, condition = apply(cells, c(1, 3), mean) %*% h(dim(cells)[3]), descriptor = apply(cells, c(1, 2), mean) %*% h(dim(cells)[2]),
              matrix(cells, nrow(cells)) %*% kronecker(h(dim(cells)[3]), h(dim(cells)[2])))
  s <- var(z); sum(diag(s))^2 / (ncol(z) * sum(s^2))
}

# Bayes factor of a difference against none (Rouder et al., 2009), by integration over log g.
jzs <- function(t, df, r = sqrt(2) / 2) { n <- df + 1
  integrate(function(x) { g <- exp(x); g * r / sqrt(2 * pi) * g^-1.5 * exp(-r^2 / (2 * g)) / sqrt(1 + n * g) *
    ((1 + t^2 / (df * (1 + n * g))) / (1 + t^2 / df))^(-(df + 1) / 2) }, -15, 60, rel.tol = 1e-10, subdivisions = 2000)$value }
robust_of <- function(x, y) {
  z <- (x - y)[is.finite(x - y)]; n <- length(z); r <- clean(z, max(abs(c(x, y)[is.finite(c(x, y))])))
  w <- wilcox.test(r, digits.rank = 7); walsh <- outer(z, z, "+") / 2
  flips <- if (n <= 16) { signs <- as.matrix(expand.grid(rep(list(c(-1, 1)), n))); mean(abs(signs %*% z) >= abs(sum(z)) - 1e-9 * sum(abs(z))) } else NA
  cut <- floor(0.2 * n); o <- sort(z); kept <- o[(cut + 1):(n - cut)]; m <- mean(kept); df <- length(kept) - 1
  se <- sd(pmin(pmax(o, kept[1]), kept[length(kept)])) / (0.6 * sqrt(n)); if (df < 1 || se == 0) se <- NA
  data.frame(test = c("Wilcoxon", "permutation", "trimmed means"), n, estimate = c(median(walsh[upper.tri(walsh, TRUE)]), mean(z), m), statistic = c(unname(w$statistic), NA, m / se),
             df = c(NA, NA, if (is.na(se)) NA else df), p = c(w$p.value, flips, 2 * pt(-abs(m / se), df)), ci_low = c(NA, NA, m - qt(0.975, df) * se), ci_high = c(NA, NA, m + qt(0.975, df) * se))
}
adaptive_model <- function(s) {  # reduced as the main model is
  s$xc <- s$x - mean(tapply(s$x, interaction(s$word, s$clip, drop = TRUE), mean)); n <- nrow(s); words <- nlevels(s$word) > 1
  groups <- c(if (words) c("participant:word", if (nlevels(s$clip) < nlevels(interaction(s$word, s$clip, drop = TRUE))) "clip", "clip:word") else "clip")
  groups <- Filter(function(g) nlevels(interaction(s[strsplit(g, ":")[[1]]], drop = TRUE)) < n, groups)
  fixed <- if (words) "y ~ word + x" else "y ~ x"; others <- paste0("(1 | ", groups, ")")
  fit <- fitted_by(as.formula(paste(c(fixed, "(1 + xc | participant)", others), collapse = " + ")), s)
  if (!isSingular(fit)) return(fit)
  terms <- c("(1 | participant)", "(0 + xc | participant)", others)
  fit <- fitted_by(as.formula(paste(c(fixed, terms), collapse = " + ")), s)
  sds <- as.data.frame(VarCorr(fit)); of <- ifelse(sds$var1 == "xc", "(0 + xc | participant)", paste0("(1 | ", sub("\\.[0-9]+$", "", sds$grp), ")"))
  zero <- of[sds$grp != "Residual" & sds$sdcor / sigma(fit) < 1e-4]
  if (!length(setdiff(terms, zero))) stop("no random effect is left") else if (!length(zero)) fit else fitted_by(as.formula(paste(c(fixed, setdiff(terms, zero)), collapse = " + ")), s)
}

analyse <- function() {
  d <- rated
  means <- array(NA, c(nlevels(d$participant), length(descriptors), length(conditions)))
  means[] <- tapply(d$rating, list(d$participant, d$descriptor, d$condition), mean)
  cell <- function(i, j) { x <- means[, i, j]; x[is.finite(x)] }
  whole <- means[apply(is.finite(means), 1, all), , , drop = FALSE]

  # ---- descriptions ----------------------------------------------------------------------------------------------------------
  described <- function() {
    k <- length(descriptors) * length(conditions)
    centred <- whole - apply(whole, 1, mean) + mean(whole)
    morey <- function(i, j) if (dim(whole)[1] > 1 && k > 1) margin_of_error(centred[, i, j]) * sqrt(k / (k - 1)) else NA
    each(function(i) stack(lapply(seq_along(conditions), function(j) {
      x <- cell(i, j); m <- mean(x)
      data.frame(condition = conditions[j], n = length(x), mean = m, sd = sd(x), ci_low = m - margin_of_error(x), ci_high = m + margin_of_error(x), median = median(x),
                 within_low = m - morey(i, j), within_high = m + morey(i, j), n_ratings = sum(as.integer(d$descriptor) == i & as.integer(d$condition) == j))
    })))
  }
  agree("descriptives", c("descriptor", "condition"), described)
  agree("means", c("descriptor", "condition"), function() described()[c("descriptor", "condition", "n", "mean", "sd", "ci_low", "ci_high")])
  agree("means_by_clip", c("descriptor", "condition", "clip"), function() stack(lapply(split(d, d$stimulus), function(x) {
    m <- mean(x$rating)
    data.frame(descriptor = word(x$descriptor[1], descriptors), condition = word(x$condition[1], conditions), clip = word(x$clip[1], attr(d, "clips")),
               n = nrow(x), mean = m, sd = sd(x$rating), median = median(x$rating), ci_low = m - margin_of_error(x$rating), ci_high = m + margin_of_error(x$rating))
  })))

  # ---- analysis of variance (afex) -------------------------------------------------------------------------------------------
  long <- aggregate(rating ~ participant + condition + descriptor, d, mean)
  anova_of <- function(long, within, cells) {
    fit <- suppressMessages(aov_ez("participant", "rating", droplevels(long), within = within, anova_table = list(correction = "none", es = c("ges", "pes"))))
    t <- fit$anova_table; s <- summary(fit)
    adjusted <- s$pval.adjustments; spherical <- s$sphericity.tests; n <- rownames(t)
    of <- function(m, row, column, if_one) if (t[row, "num Df"] == 1) if_one else if (!is.null(m) && row %in% rownames(m)) m[row, column] else NA
    rows <- stack(lapply(n, function(e) { p <- t[e, "Pr(>F)"]; data.frame(effect = e, ddof1 = t[e, "num Df"], ddof2 = t[e, "den Df"], F = t[e, "F"], p_unc = p,
      eps_gg = of(adjusted, e, "GG eps", 1), p_gg = of(adjusted, e, "Pr(>F[GG])", p), eps_hf = of(adjusted, e, "HF eps", 1), p_hf = of(adjusted, e, "Pr(>F[HF])", p),
      ges = t[e, "ges"], pes = t[e, "pes"], W = of(spherical, e, "Test statistic", 1), p_W = of(spherical, e, "p-value", 1)) }))
    for (i in which(rows$ddof1 > 1 & nrow(cells) <= rows$ddof1)) {  # too few participants for car, not for Greenhouse and Geisser
      eps <- greenhouse_geisser(cells, rows$effect[i]); df <- eps * c(rows$ddof1[i], rows$ddof2[i])
      rows[i, c("eps_gg", "p_gg", "eps_hf", "p_hf", "W", "p_W")] <- c(eps, pf(rows$F[i], df[1], df[2], lower.tail = FALSE), NA, NA, NA, NA)
    }
    rows
  }
  factors <- c("condition", "descriptor")[c(length(conditions) > 1, several)]
  agree("anova", "effect", function() anova_of(long, factors, whole))
  agree("anova_by_descriptor", c("descriptor", "effect"), function() each(function(i) {
    x <- means[, i, , drop = FALSE]; anova_of(long[as.integer(long$descriptor) == i, ], "condition", x[apply(is.finite(x), 1, all), , , drop = FALSE]) }))

  # ---- pairs of conditions ---------------------------------------------------------------------------------------------------
  noncentral <- function(t, df) sapply(c(0.975, 0.025), function(q) uniroot(function(n) pt(t, df, n) - q, t + c(-1, 1) * (10 + abs(t)), tol = 1e-12, extendInt = "yes")$root)
  pair <- function(x, y) {
    both <- is.finite(x) & is.finite(y); x <- x[both]; y <- y[both]; n <- length(x); z <- clean(x - y, max(abs(c(x, y))))
    w <- tryCatch(wilcox.test(z, digits.rank = 7), error = function(e) list(statistic = NA, p.value = NA)); m <- sum(z != 0)
    out <- data.frame(diff = mean(x - y), t = NA, dof = n - 1, p_unc = NA, ci_low = mean(x - y) - margin_of_error(x - y), ci_high = mean(x - y) + margin_of_error(x - y), dz = NA, dav = NA,
                      hedges_g = NA, dz_low = NA, dz_high = NA, dav_low = NA, dav_high = NA, hedges_g_low = NA, hedges_g_high = NA,
                      p_wilcoxon = w$p.value, wilcoxon_v = unname(w$statistic), rank_biserial = if (m) 2 * unname(w$statistic) / (m * (m + 1) / 2) - 1 else 0)
    if (is_constant(x - y)) return(out)
    t <- t.test(x, y, paired = TRUE); dz <- mean(x - y) / sd(x - y); to_av <- sd(x - y) / ((sd(x) + sd(y)) / 2)
    j <- if (n > 2) exp(lgamma((n - 1) / 2) - lgamma((n - 2) / 2) - 0.5 * log((n - 1) / 2)) else NA
    ends <- noncentral(unname(t$statistic), n - 1) / sqrt(n)
    out[c("t", "p_unc")] <- c(t$statistic, t$p.value)
    for (s in c("", "_low", "_high")) { v <- c(dz, ends)[match(s, c("", "_low", "_high"))]; out[paste0(c("dz", "dav", "hedges_g"), s)] <- c(v, v * to_av, v * j) }
    out
  }
  compared_pairs <- function() each(function(i) {
    rows <- stack(lapply(pairs_of(length(conditions)), function(p) cbind(a = conditions[p[1]], b = conditions[p[2]], pair(means[, i, p[1]], means[, i, p[2]]))))
    cbind(rows, p_holm = p.adjust(rows$p_unc, "holm"), p_wilcoxon_holm = p.adjust(rows$p_wilcoxon, "holm"))
  })
  of_pair <- c("descriptor", "a", "b")
  agree("posthoc", of_pair, function() compared_pairs()[c(of_pair, "diff", "t", "dof", "p_unc", "p_holm", "ci_low", "ci_high", "dz", "dav", "hedges_g", "p_wilcoxon")])
  agree("effects", of_pair, function() compared_pairs()[c(of_pair, "dz", "dz_low", "dz_high", "dav_low", "dav_high", "hedges_g_low", "hedges_g_high", "rank_biserial", "wilcoxon_v", "p_wilcoxon_holm")])
  agree("assumptions", of_pair, function() each(function(i) stack(lapply(pairs_of(length(conditions)), function(p) {
    x <- na.omit(means[, i, p[1]] - means[, i, p[2]]); s <- tryCatch(shapiro.test(x), error = function(e) list(statistic = NA, p.value = NA))
    data.frame(a = conditions[p[1]], b = conditions[p[2]], n = length(x), W = unname(s$statistic), p = s$p.value)
  }))))
  agree("friedman", "descriptor", function() each(function(i) {
    x <- means[apply(is.finite(means[, i, , drop = FALSE]), 1, all), i, ]; f <- friedman.test(clean(x, max(abs(x))))
    data.frame(chi2 = unname(f$statistic), dof = unname(f$parameter), p = f$p.value)
  }))
  agree("primary", "descriptor", function() {
    of <- function(x, y) { n <- sum(is.finite(x - y)); cbind(n = n, pair(x, y)[c("diff", "ci_low", "ci_high", "t", "dof", "dz", "p_unc")]) }
    rows <- each(function(i) of(means[, i, a], means[, i, b]))
    if (several) rows <- rbind(cbind(descriptor = EVERY, of(rowMeans(means[, , a]), rowMeans(means[, , b]))), rows)
    names(rows)[names(rows) == "p_unc"] <- "p"; rows
  })

  # ---- new listeners and new music (lmerTest, emmeans) -----------------------------------------------------------------------
  fixed <- paste("rating ~", paste(c("condition", "descriptor")[c(length(conditions) > 1, several)], collapse = " * "))
  main_model <- paste0("main_model_", c("tests", "contrasts", "means", "variance"))
  if (length(random) && any(sapply(placed(main_model), wants))) tryCatch({
    z <- contrast_codes[as.integer(d$condition), , drop = FALSE]; colnames(z) <- paste0("c", seq_len(ncol(z))); with_codes <- cbind(d, z)
    fit <- fitted_by(as.formula(paste(c(fixed, random), collapse = " + ")), with_codes)
    modelled("main_model_tests", "effect", function() { t <- anova(fit, type = 3, ddf = "Satterthwaite"); data.frame(effect = rownames(t), F = t[["F value"]], df1 = t$NumDF, df2 = t$DenDF, p = t[["Pr(>F)"]]) })
    scopes <- function(of) rbind(if (several) cbind(descriptor = EVERY, of(emmeans(fit, ~ condition, lmer.df = "satterthwaite"))),
      each(function(i) of(emmeans(fit, ~ condition, at = if (several) list(descriptor = levels(d$descriptor)[i]), lmer.df = "satterthwaite"))))
    modelled("main_model_contrasts", of_pair, function() scopes(function(e) {
      s <- as.data.frame(summary(contrast(e, "pairwise"), infer = TRUE, adjust = "none")); p <- pairs_of(length(conditions))
      data.frame(a = conditions[sapply(p, `[`, 1)], b = conditions[sapply(p, `[`, 2)], estimate = s$estimate, se = s$SE, df = s$df, t = s$t.ratio, p = s$p.value,
                 ci_low = s$lower.CL, ci_high = s$upper.CL, p_holm = p.adjust(s$p.value, "holm"))
    }))
    modelled("main_model_means", c("descriptor", "condition"), function() scopes(function(e) {
      s <- as.data.frame(summary(e)); data.frame(condition = word(s$condition, conditions), mean = s$emmean, se = s$SE, df = s$df, ci_low = s$lower.CL, ci_high = s$upper.CL) }))
    modelled("main_model_variance", c("group", "term"), function() variances_of(fit))
  }, error = function(e) not_computed("main_model_contrasts", e))

  # ---- clips -----------------------------------------------------------------------------------------------------------------
  grid_of <- function(i) { x <- array(NA, c(nlevels(d$participant), nlevels(d$clip), length(conditions))); s <- d[as.integer(d$descriptor) == i, ]
    x[cbind(as.integer(s$participant), as.integer(s$clip), as.integer(s$condition))] <- s$rating; x }
  grids <- lapply(seq_along(descriptors), grid_of); names(grids) <- descriptors
  scoped <- if (several) c(setNames(list(Reduce(`+`, grids) / length(grids)), EVERY), grids) else grids
  agree("quasi_f", c("descriptor", "effect"), function() stack(lapply(names(scoped), function(scope) {
    sets <- list(condition = if (length(conditions) > 2) seq_along(conditions), pair = c(a, b)); names(sets)[2] <- paste(compared, collapse = " - ")
    stack(lapply(names(sets), function(effect) if (length(sets[[effect]])) quasi_f(scope, effect, scoped[[scope]][, , sets[[effect]], drop = FALSE])))
  })))
  differences <- function(grid) { x <- grid[, , a] - grid[, , b]; s <- which(is.finite(x), arr.ind = TRUE)
    data.frame(participant = factor(s[, 1]), clip = factor(s[, 2]), y = x[s]) }
  agree("clip_differences", c("descriptor", "clip"), function() stack(lapply(descriptors, function(w) stack(lapply(split(differences(grids[[w]]), ~ clip, drop = TRUE), function(s)
    data.frame(descriptor = w, clip = attr(d, "clips")[as.integer(as.character(s$clip[1]))], n = nrow(s), diff = mean(s$y), ci_low = mean(s$y) - margin_of_error(s$y), ci_high = mean(s$y) + margin_of_error(s$y)))))))
  modelled("clip_heterogeneity", "descriptor", function() stack(lapply(names(scoped), function(scope) heterogeneity(scope, differences(scoped[[scope]])))))
  modelled("adaptive", "descriptor", function() {
    known <- read("clip_differences.csv")
    each(function(i) {
      s <- differences(grids[[i]]); own <- known[known$descriptor == descriptors[i], ]
      s$x <- as.numeric(own$baseline_score)[match(attr(d, "clips")[as.integer(as.character(s$clip))], own$clip)]; s <- droplevels(s[is.finite(s$x), ])
      by <- tapply(s$x, s$clip, mean); k <- length(by); if (k < 4 || sd(by) == 0) return(data.frame(clips = k, slope = NA, se = NA, t = NA, dof = NA, p = NA, ci_low = NA, ci_high = NA, spearman = NA, p_spearman = NA))
      s$z <- (s$x - mean(by)) / sd(by); fit <- lmer(y ~ z + (1 | participant) + (1 | clip), s, control = control())
      e <- unname(fixef(fit)[2]); se <- sqrt(vcov(fit)[2, 2]); reach <- qt(0.975, k - 2) * se; rho <- cor(tapply(s$y, s$clip, mean), by, method = "spearman")
      data.frame(clips = k, slope = e, se, t = e / se, dof = k - 2, p = 2 * pt(-abs(e / se), k - 2), ci_low = e - reach, ci_high = e + reach, spearman = rho,
                 p_spearman = 2 * pt(-abs(rho) * sqrt((k - 2) / (1 - rho^2)), k - 2))
    })
  })

  # ---- equivalence, Bayes factors, robust tests, adaptivity ------------------------------------------------------------------
  bases <- function() {
    scopes <- c(if (several) EVERY, descriptors); m <- placed("main_model_contrasts"); p <- placed("primary")
    music <- stack(lapply(scopes, function(w) { k <- paste(w, compared[1], compared[2], sep = " | "); sign <- 1
      if (is.na(lookup(m, k, "se"))) { k <- paste(w, compared[2], compared[1], sep = " | "); sign <- -1 }
      data.frame(basis = "new listeners and new music", descriptor = w, estimate = sign * lookup(m, k, "estimate"), se = lookup(m, k, "se"), df = lookup(m, k, "df"), t = sign * lookup(m, k, "t")) }))
    clips <- stack(lapply(scopes, function(w) { dof <- lookup(p, w, "dof")
      data.frame(basis = "these clips", descriptor = w, estimate = lookup(p, w, "diff"), se = (lookup(p, w, "ci_high") - lookup(p, w, "ci_low")) / 2 / qt(0.975, dof), df = dof, t = lookup(p, w, "t")) }))
    rbind(music, clips)
  }
  if (length(compared)) {
    modelled("equivalence", c("basis", "descriptor"), function() { e <- bases(); margin <- as.numeric(read(paste0(placed("equivalence"), ".csv"))$margin[1]); q <- qt(0.95, e$df) * e$se
      lower <- pt((e$estimate + margin) / e$se, e$df, lower.tail = FALSE); upper <- pt((e$estimate - margin) / e$se, e$df)
      data.frame(e[c("basis", "descriptor", "estimate", "se", "df")], ci90_low = e$estimate - q, ci90_high = e$estimate + q, p_lower = lower, p_upper = upper, p_equivalence = pmax(lower, upper),
                 p_difference = 2 * pt(-abs(e$estimate / e$se), e$df)) })
    modelled("bayes_factor", c("basis", "descriptor"), function() { e <- bases(); bf <- mapply(function(t, df) if (is.na(t)) NA else jzs(t, df), e$t, e$df)
      data.frame(e[c("basis", "descriptor", "t", "df")], bf10 = bf, bf01 = 1 / bf) })
    agree("robust", c("descriptor", "test"), function() { rows <- each(function(i) robust_of(means[, i, a], means[, i, b]))
      if (several) rows <- rbind(cbind(descriptor = EVERY, robust_of(rowMeans(means[, , a]), rowMeans(means[, , b]))), rows)
      printed <- read(paste0(placed("robust"), ".csv")); drawn <- is.na(rows$p) & rows$test == "permutation"  # by random numbers: taken as it is
      rows$p[drawn] <- as.numeric(printed$p)[match(key(rows[drawn, ], c("descriptor", "test")), key(printed, c("descriptor", "test")))]; rows })
    if (any(sapply(placed(c("adaptivity", "adaptivity_curve")), wants))) tryCatch({
      known <- read(paste0(placed("clip_differences"), ".csv"))
      s <- stack(lapply(seq_along(descriptors), function(i) { s <- differences(grids[[i]]); s$clip <- as.character(s$clip); own <- known[known$descriptor == descriptors[i], ]
        cbind(s, word = i, x = as.numeric(own$baseline_score)[match(attr(d, "clips")[as.integer(s$clip)], own$clip)]) }))
      s <- s[is.finite(s$x), ]; s$word <- factor(s$word); s$clip <- factor(s$clip); s <- droplevels(s); k <- nlevels(s$word)
      fit <- adaptive_model(s); at_scores <- function(x) cbind(1, if (k > 1) matrix(1 / k, length(x), k - 1), x)
      test <- function(l) { r <- contest1D(fit, l, confint = TRUE); data.frame(estimate = r$Estimate, se = r[["Std. Error"]], df = r$df, t = r[["t value"]], p = r[["Pr(>|t|)"]], ci_low = r$lower, ci_high = r$upper) }
      scores <- tapply(s$x, interaction(s$word, s$clip, drop = TRUE), mean); line <- rbind(at_scores(0), replace(numeric(k + 1), k + 1, 1)); slope <- test(line[2, ])
      e <- c(line %*% fixef(fit)); v <- line %*% as.matrix(vcov(fit)) %*% t(line); q <- qt(0.975, slope$df)^2; roots <- c(e[2]^2 - q * v[2, 2], 2 * (e[1] * e[2] - q * v[1, 2]), e[1]^2 - q * v[1, 1])
      ends <- if (roots[1] <= 0) c(NA, NA, NA) else c(-e[1] / e[2], sort(Re(polyroot(rev(roots)))))
      modelled("adaptivity", "a", function() data.frame(a = compared[1], descriptors = k, clips = length(scores), participants = nlevels(s$participant), slope = slope$estimate, slope[c("se", "df", "t", "p", "ci_low", "ci_high")],
        at_median = c(at_scores(median(scores)) %*% fixef(fit)), ends_at = ends[1], ends_low = ends[2], ends_high = ends[3]))
      modelled("adaptivity_curve", "baseline_score", function() { x <- read(paste0(placed("adaptivity_curve"), ".csv"))$baseline_score; found <- stack(lapply(as.numeric(x), function(one) test(c(at_scores(one)))))
        data.frame(baseline_score = x, advantage = found$estimate, found[c("ci_low", "ci_high")]) })
    }, error = function(e) not_computed("adaptivity", e))
  }

  # ---- appendix: mixed models with clips that differ by a constant, ratings as categories (lme4, ordinal) ---------------------
  named <- function(term) sapply(strsplit(term, ":"), function(parts) paste(sapply(parts, function(x) if (grepl("^conditionc", x)) paste0("condition[T.", word(sub("condition", "", x), conditions), "]")
    else if (grepl("^descriptord", x)) paste0("descriptor[T.", word(sub("descriptor", "", x), descriptors), "]") else if (x == "(Intercept)") "Intercept" else x), collapse = ":"))
  wald <- function(e, se, df = Inf) data.frame(estimate = e, se, z = e / se, p = 2 * pt(-abs(e / se), df), ci_low = e - qt(0.975, df) * se, ci_high = e + qt(0.975, df) * se)
  contained <- function(o) min(sapply(c("participant", "clip"), function(g) { n <- tapply(o$side, droplevels(o[[g]]), function(side) length(unique(side)))
    if (length(n) > 1) length(n) - ifelse(any(n > 1), 1, 2) else Inf }))
  groups <- c("(1 | participant)", "(1 | clip)")[c(nlevels(d$participant) > 1, nlevels(d$clip) > 1)]
  fits <- list()
  for (name in c("lmm", "lmm_slopes")) if (any(sapply(placed(c(name, paste0(name, "_variance"), "lmm_contrasts", "lmm_tests")), wants))) fits[[name]] <- tryCatch(fitted_by(as.formula(paste(c(fixed,
    if (name == "lmm") groups else c("(1 + condition | participant)", groups[-1])), collapse = " + ")), d), error = function(e) NULL)
  for (name in names(fits)) local({
    fit <- fits[[name]]; v <- as.data.frame(VarCorr(fit)); v <- v[is.na(v$var2), ]
    modelled(name, "term", function() cbind(term = named(names(fixef(fit))), wald(unname(fixef(fit)), sqrt(diag(as.matrix(vcov(fit)))))))
    modelled(paste0(name, "_variance"), "group", function() data.frame(group = ifelse(v$grp == "Residual", "residual", paste0(v$grp,
      ifelse(is.na(v$var1) | v$var1 == "(Intercept)", "", paste0(": ", named(ifelse(is.na(v$var1), "x", v$var1)))))), variance = v$vcov))
  })
  modelled("lmm_contrasts", c("model", "descriptor"), function() stack(lapply(names(fits), function(name) {
    of <- function(e) { s <- as.data.frame(summary(contrast(e, list(x = replace(replace(numeric(length(conditions)), a, 1), b, -1))))); wald(s$estimate, s$SE) }
    rows <- rbind(if (several) cbind(descriptor = EVERY, of(emmeans(fits[[name]], ~ condition, lmer.df = "asymptotic"))),
      each(function(i) of(emmeans(fits[[name]], ~ condition, at = if (several) list(descriptor = levels(d$descriptor)[i]), lmer.df = "asymptotic"))))
    cbind(model = c(lmm = "intercepts", lmm_slopes = "slopes")[[name]], rows)
  })))
  modelled("lmm_tests", "effect", function() { j <- joint_tests(fits$lmm, lmer.df = "asymptotic"); data.frame(effect = as.character(j[["model term"]]), chi2 = j$F.ratio * j$df1, dof = j$df1, p = j$p.value) })
  if (ordinal_participants > 0 && any(sapply(placed(c("ordinal", "ordinal_variance")), wants))) tryCatch({
    o <- droplevels(d[as.integer(d$participant) <= ordinal_participants, ]); o$rating <- factor(o$rating, ordered = TRUE)
    if (clmm_takes("ordinal", o, c("participant", "clip")[c(nlevels(d$participant) > 1, nlevels(d$clip) > 1)])) {
    fit <- clmm(as.formula(paste(c(fixed, groups), collapse = " + ")), data = o); s <- coef(summary(fit)); s <- s[is.finite(s[, "Std. Error"]), , drop = FALSE]
    modelled("ordinal", "term", function() cbind(term = named(rownames(s)), wald(unname(s[, "Estimate"]), unname(s[, "Std. Error"]))))
    modelled("ordinal_variance", "group", function() data.frame(group = names(VarCorr(fit)), variance = sapply(VarCorr(fit), function(v) v[1])))
    }
  }, error = function(e) not_computed("ordinal", e))
  if (any(sapply(placed(c("ordinal_odds", "ordinal_odds_sd")), wants))) local({  # effects that are estimated as zero are left out
    sds <- read(if (folder == "") "." else folder, "ordinal_odds_sd.csv"); known <- read(if (folder == "") "." else folder, "ordinal_odds.csv")$descriptor
    columns <- c(Intercept = "1", condition = "0 + side"); rows <- list(); zero <- sds[as.numeric(sds$sd) == 0, ]
    for (i in match(known, descriptors)) rows[[i]] <- tryCatch({
      o <- droplevels(d[d$descriptor == levels(d$descriptor)[i] & d$condition %in% levels(d$condition)[c(a, b)] & as.integer(d$participant) <= ordinal_participants, ])
      o$side <- ifelse(o$condition == levels(d$condition)[a], 0.5, -0.5); o$rating <- factor(o$rating, ordered = TRUE)
      s <- sds[sds$descriptor == descriptors[i] & as.numeric(sds$sd) > 0, ]
      if (!clmm_takes(paste0("ordinal_odds of ", descriptors[i]), o, unique(s$group))) { skipped <<- c(skipped, descriptors[i]); next }
      random <- paste0("(", columns[s$term], " | ", s$group, ")", recycle0 = TRUE)
      fit <- if (length(random)) clmm(as.formula(paste(c("rating ~ side", random), collapse = " + ")), data = o) else clm(rating ~ side, data = o)
      e <- coef(summary(fit))["side", ]; df <- contained(o); w <- wald(e[["Estimate"]], e[["Std. Error"]], df)
      found <- if (length(random)) stack(lapply(seq_along(fit$ST), function(j) data.frame(group = names(fit$ST)[j], term = ifelse(rownames(fit$ST[[j]]) == "side", "condition", "Intercept"), sd = fit$ST[[j]][1])))
      list(cbind(descriptor = descriptors[i], odds_ratio = exp(w$estimate), ci_low = exp(w$ci_low), ci_high = exp(w$ci_high), log_odds = w$estimate, df, w[c("se", "z", "p")]), if (!is.null(found)) cbind(descriptor = descriptors[i], found))
    }, error = function(e) { not_computed("ordinal_odds", e); NULL })
    modelled("ordinal_odds", "descriptor", function() stack(lapply(rows, `[[`, 1)))
    modelled("ordinal_odds_sd", c("descriptor", "group", "term"), function() rbind(stack(lapply(rows, `[[`, 2)), if (nrow(zero)) transform(zero, sd = 0)))
  })

  # ---- reliability (psych) ---------------------------------------------------------------------------------------------------
  judged <- tapply(d$rating, list(d$stimulus, d$participant), mean)
  own <- function() { n <- rowSums(is.finite(judged)); total <- rowSums(judged, na.rm = TRUE)
    stack(lapply(seq_len(ncol(judged)), function(i) { x <- judged[, i]; others <- (total - ifelse(is.finite(x), x, 0)) / (n - is.finite(x)); ok <- is.finite(x) & is.finite(others)
      data.frame(participant = attr(d, "participants")[i], n = sum(ok), r = if (sum(ok) > 2 && sd(x[ok]) > 0 && sd(others[ok]) > 0) cor(x[ok], others[ok]) else NA) })) }
  agree("agreement", "participant", own)
  modelled("reliability", "measure", function() {
    i <- as.data.frame(ICC(judged)$results); i <- i[match(c("ICC2", "ICC2k"), i$type), ]
    rows <- data.frame(measure = c("ICC(2,1)", "ICC(2,k)"), value = i$ICC, ci_low = i[["lower bound"]], ci_high = i[["upper bound"]])
    r <- merge(again, d, by = c("participant", "stimulus")); x <- r$rating.y; y <- r$rating.x; m <- own()$r
    point <- (scale[2] - scale[1]) / 6; within <- if (point == 1) "one point" else paste(format(point, digits = 3), "points")
    more <- if (nrow(r) > 2) data.frame(measure = c("test-retest r", "test-retest mean absolute difference", paste("test-retest share within", within)),
      value = c(if (sd(x) > 0 && sd(y) > 0) cor(x, y) else NA, mean(abs(x - y)), mean(abs(x - y) <= point * (1 + 1e-9))))
    more <- rbind(more, if (sum(is.finite(m)) > 1) data.frame(measure = "agreement with the group, median r", value = median(m, na.rm = TRUE)))
    if (is.null(more)) rows else rbind(rows, cbind(more, ci_low = BOOTSTRAPPED(more$measure, "ci_low"), ci_high = BOOTSTRAPPED(more$measure, "ci_high")))
  })
}
# Intervals by bootstrap depend on random numbers and are taken as they are.
BOOTSTRAPPED <- function(measures, column) { t <- read(if (folder == "") "." else folder, "reliability.csv"); as.numeric(t[[column]])[match(measures, t$measure)] }

# ---- run ---------------------------------------------------------------------------------------------------------------------
all_rows <- read("ratings.csv")
for (set in sets) {
  folder <- set$folder; random <- set$random; zero <- set$zero; ordinal_participants <- set$ordinal_participants
  rows <- all_rows[!(all_rows$participant %in% set$without), ]
  again <- NULL
  main <- rows[rows$kind == "rating" & !is.na(rows$rating), ]
  rated <- coded(main)
  if ("repeat" %in% rows$kind) { r <- rows[rows$kind == "repeat" & !is.na(rows$rating), ]
    again <- data.frame(participant = factor(paste0("p", match(r$participant, unique(main$participant))), levels(rated$participant)), rating = as.numeric(r$rating),
      stimulus = paste0("d", match(r$descriptor, descriptors), " k", match(r$clip, unique(main$clip)), " c", match(r$condition, conditions))) }
  else again <- data.frame(participant = character(), rating = numeric(), stimulus = character())
  analyse()
}

# ---- screening: everyone against every rule ----------------------------------------------------------------------------------
folder <- ""
rows <- all_rows; main <- rows[rows$kind == "rating" & !is.na(rows$rating), ]; people <- unique(all_rows$participant)
of_person <- function(values, person, f) { v <- tapply(values, factor(person, people), f); as.numeric(v) }
if (file.exists(file.path(here, "screening.csv"))) agree("screening", "participant", function() {
  known <- names(read("screening.csv")); r <- as.numeric(main$rating); out <- data.frame(participant = people)
  passed <- function(kind) { x <- rows[rows$kind == kind & !is.na(rows$expected), ]; of_person(as.numeric(as.numeric(x$rating) == as.numeric(x$expected)), x$participant, mean) }
  id <- function(x) paste(x$participant, x$descriptor, x$clip, x$condition, sep = " | ")
  repeats <- rows[rows$kind == "repeat" & !is.na(rows$rating) & id(rows) %in% id(main), ]
  n <- of_person(r, main$participant, length); n[is.na(n)] <- 0; stimulus <- id(transform(main, participant = "")); centred <- r - ave(r, main$participant)
  low <- ave(centred, stimulus, FUN = function(x) quantile(x, 0.25)); high <- ave(centred, stimulus, FUN = function(x) quantile(x, 0.75))
  reach <- 1.5 * pmax(high - low, (scale[2] - scale[1]) / 6)
  rules <- list(attention_passed = function() passed("attention"), audible_passed = function() passed("audible_check"),
    min_median_rt_ms = function() of_person(as.numeric(main$rt_ms), main$participant, function(x) median(x, na.rm = TRUE)),
    repeat_mean_difference = function() of_person(abs(as.numeric(repeats$rating) - r[match(id(repeats), id(main))]), repeats$participant, mean),
    max_same_rating = function() ifelse(n >= 10, of_person(r, main$participant, function(x) max(table(x)) / length(x)), NA),
    max_missing = function() pmax(1 - n / max(median(n), 1), 0),
    max_outlying = function() of_person(as.numeric(centred < low - reach | centred > high + reach), main$participant, mean))
  for (rule in intersect(names(rules), known)) out[[rule]] <- rules[[rule]]()
  out
})
agree("exclusions", c("participant", "rule"), function() { e <- read("exclusions.csv")
  data.frame(participant = e$participant, rule = e$rule, value = mapply(function(p, r) lookup("screening", p, r), e$participant, e$rule)) })

# ---- both sets side by side, and the sentences -------------------------------------------------------------------------------
headline <- function(folder) {
  at <- function(name) if (folder == "") name else file.path(folder, name)
  pair <- paste(compared, collapse = " - "); out <- c(participants = lookup(at("primary"), if (several) EVERY else descriptors, "n"))
  for (e in c("condition", "descriptor", "condition:descriptor")) out[paste0(e, c(": F", ": p (GG)", ": ges"))] <- sapply(c("F", "p_gg", "ges"), function(x) lookup(at("anova"), e, x))
  for (w in c(EVERY, descriptors)) out[paste0(pair, ", ", w, c("", ": CI low", ": CI high", ": p"))] <- sapply(c("diff", "ci_low", "ci_high", "p"), function(x) lookup(at("primary"), w, x))
  scope <- if (several) EVERY else descriptors; columns <- c("estimate", "ci_low", "ci_high", "p")
  value <- sapply(columns, function(x) lookup(at("main_model_contrasts"), paste(scope, compared[1], compared[2], sep = " | "), x))
  if (all(is.na(value))) { v <- sapply(columns, function(x) lookup(at("main_model_contrasts"), paste(scope, compared[2], compared[1], sep = " | "), x)); value <- c(-v[1], -v[3], -v[2], v[4]) }
  out[paste0(pair, ", new listeners and new music", c("", ": CI low", ": CI high", ": p"))] <- value
  out
}
if (length(compared)) modelled("with_and_without", "measure", function() {
  t <- read("with_and_without.csv"); folders <- sapply(sets, `[[`, "folder"); other <- setdiff(folders, "")
  columns <- if (!length(other)) c("", "") else if (other == "all_participants") c(other, "") else c("", other)
  data.frame(measure = t$measure, all_participants = headline(columns[1])[t$measure], after_exclusions = headline(columns[2])[t$measure])
})
sentences <- function(name) {
  text <- paste(readLines(file.path(here, name), encoding = "UTF-8"), collapse = " ")
  for (label in c(conditions, descriptors)) text <- gsub(label, " ", text, fixed = TRUE)
  found <- regmatches(text, gregexpr("[0-9]*\\.[0-9]+", text))[[1]]
  eps <- figures[figures$column == "eps_gg", ]; se <- figures[figures$table == "main_model_contrasts" & figures$column == "se", ]
  ddof <- function(x) mapply(function(t, r) lookup(t, r, x), eps$table, eps$row)
  df <- mapply(function(r) lookup("main_model_contrasts", r, "df"), se$row)
  r <- abs(c(figures$in_r, eps$in_r * ddof("ddof1"), eps$in_r * ddof("ddof2"), if (nrow(se)) (qt(0.975, df) + qt(0.8, df)) * se$in_r)); r <- r[is.finite(r)]
  holds <- sapply(unique(found), function(x) { places <- nchar(sub(".*\\.", "", x)); any(abs(r - as.numeric(x)) <= 0.5 * 10^-places + 1e-3 * pmin(1, r)) })
  if (!all(holds)) cat(name, "holds what is not among R's figures:", paste(names(holds)[!holds], collapse = ", "), "\n")
  cat(name, ": ", sum(holds[found]), " of ", length(found), " numbers with decimals are among R's figures.\n", sep = "")
}

# ---- the verdict -------------------------------------------------------------------------------------------------------------
wrong <- figures[!(figures$agrees %in% TRUE), ]
if (nrow(wrong)) print(wrong, row.names = FALSE, digits = 8)
present <- sub("\\.csv$", "", list.files(here, "\\.csv$", recursive = TRUE))
others <- setdiff(present, c(unique(figures$table), uncomputed, "ratings"))
if (length(others) && !length(asked)) cat("Without figures of these ratings, or not computed here:", paste(others, collapse = ", "), "\n")
if (length(beyond)) cat("Not recomputed:", paste(beyond, collapse = "; "), "\n")
if (length(uncomputed)) cat("R could not compute:", paste(uncomputed, collapse = ", "), "\n")
if (!length(asked)) sentences("results.md")
cat(sum(figures$agrees %in% TRUE), "of", nrow(figures), "figures agree.\n")
if (nrow(wrong) || length(uncomputed)) quit(status = 1)
