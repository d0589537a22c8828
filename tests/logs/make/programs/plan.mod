set I := 1..12;
param w{i in I} := 3 + (i * 7) mod 11;
param v{i in I} := 5 + (i * 5) mod 13;
var x{I}, binary;
maximize value: sum{i in I} v[i] * x[i] / 8;
s.t. room: sum{i in I} w[i] * x[i] <= 37.5;
solve;
printf "best value: %.4f\n", value;
end;
