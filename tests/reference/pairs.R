# Makes tests/reference/data/pairs.csv and pairs.json: paired comparisons by psychotools, BradleyTerry2 and glm.
#   Rscript tests/reference/pairs.R        (Debian: r-cran-psychotools r-cran-bradleyterry2 r-cran-jsonlite)
# Log-worths sum to zero; psychotools' and BradleyTerry2's are turned into that form.
suppressMessages({library(psychotools); library(BradleyTerry2); library(jsonlite)})
here <- "tests/reference/data"
conditions <- c("original", "semantic", "flow", "static")

# ---- data: listeners and clips differ in what they prefer; warm with ties, bright without ------------------------------------
set.seed(31)
listeners <- sprintf("p%02d", 1:14); clips <- c("drums", "jazz", "choir", "strings")
pairs <- t(combn(conditions, 2))
d <- do.call(rbind, lapply(c("warm", "bright"), function(word) do.call(rbind, lapply(listeners, function(p) {
  own <- rnorm(4, 0, 0.5)
  do.call(rbind, lapply(clips, function(clip) {
    worth <- (if (word == "warm") c(-0.9, 0.7, 0.1, 0.2) else c(-0.5, 0.4, 0.2, -0.1)) + own
    x <- data.frame(participant = p, descriptor = word, clip = clip, a = pairs[, 1], b = pairs[, 2])
    first_is_a <- runif(6) < 0.5
    x$first <- ifelse(first_is_a, x$a, x$b)
    diff <- worth[match(x$a, conditions)] - worth[match(x$b, conditions)] + 0.4 * ifelse(first_is_a, 1, -1)
    p3 <- cbind(exp(diff / 2), if (word == "warm") exp(-0.8) else 0, exp(-diff / 2)); p3 <- p3 / rowSums(p3)
    outcome <- apply(p3, 1, function(q) sample(3, 1, prob = q))
    x$choice <- ifelse(outcome == 1, x$a, ifelse(outcome == 2, "same", x$b))
    x
  }))
}))))
write.csv(d, file.path(here, "pairs.csv"), row.names = FALSE, quote = FALSE)

# ---- models ------------------------------------------------------------------------------------------------------------------
centred <- function(coefs, vcov) {  # from the first fixed at zero to summing to zero
  k <- length(coefs); m <- diag(k) - 1 / k
  list(log_worth = as.vector(m %*% coefs), se = sqrt(diag(m %*% vcov %*% t(m))))
}
with_zero <- function(coefs, vcov) list(c(0, coefs), rbind(0, cbind(0, vcov)))
of_psychotools <- function(counts, undecided) {  # counts: a, b, win, same, lose
  names <- unique(c(counts$a, counts$b))
  all <- do.call(cbind, lapply(2:length(names), function(j) rbind(names[1:(j - 1)], names[j])))  # the order of paircomp's columns
  rows <- do.call(rbind, lapply(seq_len(nrow(counts)), function(i) {
    one <- function(v) { r <- rep(NA, ncol(all)); r[all[1, ] == counts$a[i] & all[2, ] == counts$b[i]] <- v; r }
    rbind(one(1), one(0), one(-1))
  }))
  weights <- as.vector(t(as.matrix(counts[, c("win", "same", "lose")])))
  keep <- weights > 0
  y <- paircomp(rows[keep, ], labels = names, mscale = if (undecided) -1:1 else c(-1, 1))
  m <- btmodel(y, weights = weights[keep], undecided = undecided, ref = names[1])
  v <- vcov(m); k <- length(names) - 1
  full <- with_zero(coef(m)[1:k], v[1:k, 1:k])
  c(list(call = sprintf("btmodel(y, weights, undecided = %s)", undecided), conditions = names), centred(full[[1]], full[[2]]),
    log_likelihood = m$loglik, same = if (undecided) unname(coef(m)[k + 1]))
}
counted <- function(x) {  # in the order of the conditions, whoever was first
  n <- t(sapply(seq_len(nrow(pairs)), function(i) { w <- x$choice[x$a == pairs[i, 1] & x$b == pairs[i, 2]]
    c(win = sum(w == pairs[i, 1]), same = sum(w == "same"), lose = sum(w == pairs[i, 2])) }))
  data.frame(a = pairs[, 1], b = pairs[, 2], n)
}
of_glm <- function(x) {  # Davidson & Beaver as a log-linear model of counts by pair, order and outcome
  cells <- do.call(rbind, lapply(conditions, function(f) do.call(rbind, lapply(setdiff(conditions, f), function(s) {
    w <- x$choice[x$first == f & (x$a == s | x$b == s)]
    data.frame(first = f, second = s, sign = c(1, 0, -1), same = c(0, 1, 0), n = c(sum(w == f), sum(w == "same"), sum(w == s)))
  }))))
  worths <- sapply(conditions, function(k) cells$sign * ((cells$first == k) - (cells$second == k)) / 2)
  cells$pair <- factor(paste(cells$first, cells$second)); cells$position <- cells$sign / 2
  m <- glm(n ~ 0 + pair + worths[, -1] + position + same, poisson, cells, control = list(epsilon = 1e-14))
  at <- grep("worths", names(coef(m))); full <- with_zero(coef(m)[at], vcov(m)[at, at]); s <- coef(summary(m))
  c(list(call = deparse1(formula(m))), centred(full[[1]], full[[2]]), position = s["position", 1], position_se = s["position", 2],
    same = s["same", 1], same_se = s["same", 2], deviance = deviance(m), dof = 12 * 2 - 5)
}
of_btm <- function(x) {  # no ties: BradleyTerry2 with the advantage of being first, and standard errors by listener
  x$second <- ifelse(x$first == x$a, x$b, x$a)
  one <- data.frame(condition = factor(x$first, levels = conditions), first = 1); two <- data.frame(condition = factor(x$second, levels = conditions), first = 0)
  x$one <- one; x$two <- two
  m <- BTm(as.numeric(x$choice == x$first), player1 = one, player2 = two, formula = ~ condition + first, id = "condition", data = x)
  full <- with_zero(coef(m)[1:3], vcov(m)[1:3, 1:3])
  X <- model.matrix(m); scores <- rowsum(X * (m$y - fitted(m)), x$participant)
  clustered <- vcov(m) %*% crossprod(scores) %*% vcov(m)
  by_listener <- with_zero(coef(m)[1:3], clustered[1:3, 1:3])
  list(call = "BTm(first_chosen, one, two, ~ condition + first)", naive = centred(full[[1]], full[[2]]), position = coef(m)[["first"]],
       position_se = sqrt(vcov(m)["first", "first"]), log_likelihood = as.numeric(logLik(m)),
       clustered_se = centred(by_listener[[1]], by_listener[[2]])$se)
}

# ---- transitivity, counted one triad at a time ---------------------------------------------------------------------------------
triads_of <- function(x) {  # one listener's tournament on one clip, no ties
  beats <- function(i, j) x$choice[(x$a == i & x$b == j) | (x$a == j & x$b == i)] == i
  d <- sum(apply(combn(conditions, 3), 2, function(t) { w <- c(beats(t[1], t[2]), beats(t[2], t[3]), beats(t[3], t[1])); all(w) || !any(w) }))
  data.frame(participant = x$participant[1], clip = x$clip[1], circular = d, zeta = 1 - 24 * d / (4^3 - 4 * 4))
}
kendall_u <- function(x) {  # every clip's pairs are objects of agreement
  n <- table(factor(paste(x$clip, x$a, x$b)), x$choice == x$a); m <- sum(n[1, ])
  s <- sum(choose(n, 2)); cells <- nrow(n); u <- 2 * s / (cells * choose(m, 2)) - 1
  chi2 <- 4 / (m - 2) * (s - cells * choose(m, 2) / 2 * (m - 3) / (m - 2)); dof <- cells * m * (m - 1) / (m - 2)^2
  list(u = u, chi2 = chi2, dof = dof, p = pchisq(chi2, dof, lower.tail = FALSE))
}

# ---- psychotools' SoundQuality (Choisel & Wickelmaier, 2007): 783 judgements of 28 pairs, as counts ----------------------------
data("SoundQuality", package = "psychotools")
names <- labels(SoundQuality$preference); m <- as.matrix(SoundQuality$preference); k <- length(names)
at <- do.call(rbind, lapply(2:k, function(j) cbind(names[1:(j - 1)], names[j])))
counts <- data.frame(a = at[, 1], b = at[, 2], win = colSums(m == 1), same = 0, lose = colSums(m == -1))
b <- btmodel(SoundQuality$preference, ref = names[1]); full <- with_zero(coef(b), vcov(b))
soundquality <- c(list(call = 'btmodel(SoundQuality$preference)', conditions = names, counts = counts), centred(full[[1]], full[[2]]),
                  list(worth = as.vector(itempar(b)), log_likelihood = b$loglik))

warm <- d[d$descriptor == "warm", ]; bright <- d[d$descriptor == "bright", ]
triads <- do.call(rbind, lapply(split(bright, paste(bright$participant, bright$clip)), triads_of)); rownames(triads) <- NULL
out <- list(conditions = conditions, warm = list(psychotools = of_psychotools(counted(warm), TRUE), glm = of_glm(warm)),
            bright = list(psychotools = of_psychotools(counted(bright), FALSE), btm = of_btm(bright), triads = triads, agreement = kendall_u(bright)),
            soundquality = soundquality)
write_json(out, file.path(here, "pairs.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
cat(R.version.string, "\n"); for (p in c("psychotools", "BradleyTerry2")) cat(p, as.character(packageVersion(p)), "\n")
