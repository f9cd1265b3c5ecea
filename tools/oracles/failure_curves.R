# Prints the answers of R frozen in tests/host/trend_test.cpp and tests/host/firth_logistic_test.cpp.
# Needs R with the package brglm2 (Debian: r-base-core, r-cran-brglm2).

library(brglm2)

curves <- list(
  rising = list(d = c(2, 5, 10, 20, 40, 60), k = c(0, 0, 2, 11, 35, 40), n = rep(40, 6)),
  separated = list(d = c(2, 5, 10, 20, 40, 60), k = c(0, 0, 0, 40, 40, 40), n = rep(40, 6)),
  unequal = list(d = c(1, 10, 100, 1000, 100000), k = c(1, 20011, 2, 40, 12),
                 n = c(7, 100000, 3, 50, 12)),
  large = list(d = c(10, 20, 30, 40), k = c(1234, 20000, 71000, 99001), n = rep(100000, 4)),
  shallow = list(d = c(3, 6, 9), k = c(1, 0, 3), n = c(8, 5, 8)),
  falling = list(d = c(3, 6, 9), k = c(7, 4, 1), n = c(8, 8, 8)),
  deeper = list(d = c(2, 4, 8), k = c(0, 2, 7), n = c(40, 40, 40)))

for (name in names(curves)) {
  c <- curves[[name]]
  fit <- glm(cbind(c$k, c$n - c$k) ~ c$d, family = binomial, method = "brglmFit",
             type = "AS_mean", epsilon = 1e-15, maxit = 100000)
  p <- fitted(fit)
  x <- cbind(1, c$d)
  information <- t(x) %*% (x * (c$n * p * (1 - p)))
  l <- sum(c$k * log(p) + (c$n - c$k) * log1p(-p)) + log(det(information)) / 2
  trend <- prop.trend.test(c$k, c$n, c$d)
  cat(sprintf("%-10s intercept %.17g slope %.17g l* %.17g chi2 %.17g p %.17g\n", name,
              coef(fit)[1], coef(fit)[2], l, trend$statistic, trend$p.value))
}
cat(R.version.string, "brglm2", as.character(packageVersion("brglm2")), "\n")
