1;
x = linspace(0, 6, 60)'; y = 2.5 * exp(-0.8 * x) + 0.5 + 0.05 * sin(17 * x);
p = [1; 0.3; 0.1];
for k = 1:5
  e = p(1) * exp(-p(2) * x) + p(3); J = [exp(-p(2) * x), -p(1) * x .* exp(-p(2) * x), ones(size(x))];
  p += J \ (y - e); sse = sumsq(y - e);
  printf("iter %d  sse = %g\n", k, sse);
  disp(sse)
  sse
end
r = [sse, max(abs(y - e))]
s.loss = sse; s.acc = 0.25
fminsearch(@(q) sumsq(q - [1 2]), [0 0], optimset("Display", "iter", "MaxIter", 6));
