require "benchmark"
Benchmark.bm(8) do |x|
  x.report("sort:") { 20.times { (1..20000).map { |i| Math.sin(i) }.sort } }
  x.report("sum:") { 200.times { (1..2000).sum { |i| Math.sqrt(i) } } }
end
puts Benchmark.measure { (1..300000).sum { |i| i * 0.5 } }
