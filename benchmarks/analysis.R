# The same two analyses in R: Rscript analysis.R ratings.csv
suppressMessages({library(afex); library(lme4)})
d <- read.csv(commandArgs(TRUE)[1], stringsAsFactors = TRUE)
a <- aov_ez("participant", "rating", d, within = c("condition", "descriptor"), fun_aggregate = mean)
m <- lmer(rating ~ condition * descriptor + (1 | participant) + (1 | clip), d, REML = TRUE)
cat(summary(a)$univariate.tests["condition", "F value"], REMLcrit(m), "\n")
