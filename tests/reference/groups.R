# Makes tests/reference/data/groups.json: the compared difference between groups of listeners, by Welch's test.
#   Rscript tests/reference/groups.R        (Debian: r-base-core r-cran-jsonlite)
library(jsonlite)
d <- read.csv("tests/reference/data/listening.csv")
m <- aggregate(rating ~ participant + condition + descriptor, d, mean)
w <- aggregate(rating ~ participant + condition, m, mean)
difference <- with(w, tapply(rating[condition == "semantic"] - rating[condition == "static"], participant[condition == "semantic"], mean))
of <- function(group) { t <- oneway.test(difference ~ factor(group)); list(F = unname(t$statistic), df1 = unname(t$parameter[1]), df2 = unname(t$parameter[2]), p = t$p.value) }
out <- list(two = of(rep(1:2, 6)), three = of(rep(1:3, 4)), means = as.list(tapply(difference, rep(1:3, 4), mean)))
write_json(out, "tests/reference/data/groups.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
