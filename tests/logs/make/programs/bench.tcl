proc f {n} { set s 0.0; for {set i 0} {$i < $n} {incr i} { set s [expr {$s + sin($i)}] }; return $s }
foreach n {10 200 4000} { puts "n=$n [time {f $n} 20]"; puts "sum [f $n]" }
