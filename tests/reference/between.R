# Makes tests/reference/data/between.json: the main model where each participant rated one condition only (lmerTest, emmeans).
#   Rscript tests/reference/between.R        (Debian: r-cran-lme4 r-cran-lmertest r-cran-emmeans r-cran-jsonlite)
suppressMessages({library(lme4); library(lmerTest); library(emmeans); library(jsonlite)})
options(warn = -1)
emm_options(lmerTest.limit = 1e5)
here <- "tests/reference/data"
d <- read.csv(file.path(here, "crossed.csv"))
for (n in c("participant", "descriptor", "clip", "condition")) d[[n]] <- factor(d[[n]], levels = unique(d[[n]]))
d <- d[as.integer(d$condition) == as.integer(d$participant) %% 3 + 1, ]  # original, semantic, static
d$c1 <- c(0, 0.5, -0.5)[as.integer(d$condition)]          # semantic - static
d$c2 <- c(-2, 1, 1)[as.integer(d$condition)] / 3          # mean(semantic, static) - original
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 2e5), calc.derivs = FALSE)
people <- "(1 | participant) + (1 | participant:descriptor)"
formula_of <- function(clips) as.formula(paste("rating ~ condition * descriptor +", people, "+", paste(clips, collapse = " + ")))
fit <- lmer(formula_of(c("(1 + c1 + c2 | clip)", "(1 + c1 + c2 | clip:descriptor)")), d, control = control)
correlated <- !isSingular(fit)
if (!correlated) fit <- lmer(formula_of(paste0("(", c("1", "0 + c1", "0 + c2"), " | ", rep(c("clip", "clip:descriptor"), each = 3), ")")), d, control = control)
over <- as.data.frame(summary(contrast(emmeans(fit, ~ condition, lmer.df = "satterthwaite"), "pairwise"), infer = TRUE, adjust = "none"))
write_json(list(call = deparse1(formula(fit)), correlated = correlated, deviance = unname(REMLcrit(fit)), over = over), file.path(here, "between.json"), digits = NA, auto_unbox = TRUE, pretty = TRUE)
