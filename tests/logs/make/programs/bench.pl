use Benchmark qw(timethese cmpthese);
my $r = timethese(-1, { 'sin' => sub { my $s = 0; $s += sin $_ for 1 .. 200 }, 'mul' => sub { my $s = 0; $s += $_ * $_ for 1 .. 200 } });
cmpthese($r);
