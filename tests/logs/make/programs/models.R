# Fits that report their progress, by the style that the first argument names.
style <- commandArgs(TRUE)[1]
set.seed(1)
x <- seq(0, 6, length.out = 60); y <- 2.5 * exp(-0.8 * x) + 0.5 + rnorm(60, 0, 0.05)
if (grepl("comma", style)) options(OutDec = ",")
if (style == "nls") invisible(nls(y ~ a * exp(-b * x) + c, start = list(a = 1, b = 0.3, c = 0.1), trace = TRUE))
if (style == "optim") invisible(optim(c(-1.2, 1), function(p) 100 * (p[2] - p[1]^2)^2 + (1 - p[1])^2, method = "BFGS", control = list(trace = 1, REPORT = 5)))
if (style == "nm") invisible(optim(c(-1.2, 1), function(p) 100 * (p[2] - p[1]^2)^2 + (1 - p[1])^2, control = list(trace = 1, maxit = 12)))
if (style == "nlminb") invisible(nlminb(c(-1.2, 1), function(p) 100 * (p[2] - p[1]^2)^2 + (1 - p[1])^2, control = list(trace = 3, iter.max = 15)))
if (style == "glm") invisible(glm(am ~ wt, binomial, mtcars, control = list(trace = TRUE)))
if (style == "lm" || style == "comma_lm") print(summary(lm(mpg ~ wt + hp, mtcars)))
if (style == "step") invisible(step(lm(mpg ~ wt + hp + qsec, mtcars)))
if (style == "nnet") { library(nnet); invisible(nnet(y ~ x, data.frame(x, y), size = 3, linout = TRUE, maxit = 60)) }
if (style == "forest") { library(randomForest); randomForest(mpg ~ ., mtcars, ntree = 100, do.trace = 25) }
if (style == "class") { library(randomForest); print(randomForest(Species ~ ., iris, ntree = 60)) }
if (style == "glmnet") { library(glmnet); print(glmnet(as.matrix(mtcars[, 2:6]), mtcars$mpg, nlambda = 8)) }
if (style == "cvglmnet") { library(glmnet); print(cv.glmnet(as.matrix(mtcars[, 2:6]), mtcars$mpg, nfolds = 5)) }
if (style == "cat" || style == "comma_cat") for (k in 1:5) cat("epoch", k, "loss", 12.5 * exp(-k) , "acc", 1 - 0.5^k, "\n")
if (style == "print" || style == "comma_print") for (k in 1:4) print(c(loss = 1500.25 * exp(-k), acc = 1 - 0.5^k))
if (style == "format") for (k in 1:4) cat(sprintf("iter %d: rmse = %s\n", k, format(123456.789 / k, big.mark = ".", decimal.mark = ",", nsmall = 2)))
if (style == "message") for (k in 1:3) message("fold ", k, ": RMSE=", signif(0.123456789 / k, 4))
if (style == "comma_message") for (k in 1:4) message("Durchgang ", k, ": RMSE = ", format(0.987654 / k, digits = 4))
if (style == "kmeans") print(kmeans(iris[, 1:4], 3)[c("tot.withinss", "iter")])
if (style == "time" || style == "comma_time") print(system.time(for (i in 1:60) sort(runif(1e5))))
if (style == "warning") { warning("NaNs"); m <- sqrt(-1); cat("loss:", m, "best:", -Inf, "missing:", NA, "\n") }
if (style == "boot") { library(boot); print(boot(mtcars$mpg, function(d, i) mean(d[i]), 200)) }
if (style == "bar") { b <- txtProgressBar(0, 5, style = 3); for (k in 1:5) { setTxtProgressBar(b, k); cat(" loss", exp(-k)) }; close(b) }
if (style == "anova") print(anova(lm(mpg ~ wt, mtcars)))
