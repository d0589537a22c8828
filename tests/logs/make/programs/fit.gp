set print "-"
set samples 60
f(x) = a * exp(-b * x) + c
a = 1.0; b = 0.3; c = 0.1
set table $data
plot [0:6] 2.5 * exp(-0.8 * x) + 0.5 + 0.05 * sin(17 * x)
unset table
fit f(x) $data using 1:2 via a, b, c
print sprintf("final rms %.6f", FIT_STDFIT)
