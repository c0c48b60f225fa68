# Makes tests/reference/data/sequential.json: limits of planned looks by error spending.
#   Rscript tests/reference/sequential.R        (Debian: r-cran-rpact r-cran-jsonlite)
suppressMessages({library(rpact); library(jsonlite)})
plans <- list(list(at = c(8, 12, 15)), list(at = c(10, 20, 30)), list(at = c(5, 10, 15, 20, 25)), list(at = c(14, 15)), list(at = 15))
types <- c(obrien_fleming = "asOF", pocock = "asP")
rows <- do.call(c, lapply(plans, function(plan) lapply(names(types), function(name) {
  design <- getDesignGroupSequential(sided = 2, alpha = 0.05, typeOfDesign = types[[name]], informationRates = plan$at / max(plan$at))
  list(at = I(plan$at), spending = name, z = I(design$criticalValues), spent = I(design$alphaSpent))
})))
write_json(rows, "tests/reference/data/sequential.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
cat(R.version.string, "rpact", as.character(packageVersion("rpact")), "\n")
