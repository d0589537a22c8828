# A perceptron on generated points.
use strict; use warnings; use POSIX qw(setlocale LC_ALL);
my $style = shift // 'plain';
if ($style eq 'locale') { setlocale(LC_ALL, ''); }
srand(3);
my @data = map { my ($x, $y) = (rand(2) - 1, rand(2) - 1); [$x, $y, $x + 0.5 * $y > 0.1 ? 1 : -1] } 1 .. 400;
my @w = (0, 0, 0);
for my $epoch (1 .. 6) {
    my $wrong = 0;
    for (@data) {
        my ($x, $y, $t) = @$_;
        if (($w[0] + $w[1] * $x + $w[2] * $y) * $t <= 0) { $wrong++; $w[0] += 0.1 * $t; $w[1] += 0.1 * $t * $x; $w[2] += 0.1 * $t * $y; }
    }
    my $acc = 1 - $wrong / @data;
    if ($style eq 'locale') { use locale; printf "Epoche %d: Trefferquote %.4f (%d Fehler)\n", $epoch, $acc, $wrong; }
    elsif ($style eq 'pairs') { print join(", ", "epoch => $epoch", "acc => $acc", "w => [@w]"), "\n"; }
    elsif ($style eq 'warn') { warn "epoch $epoch accuracy $acc" if $epoch > 2; print "epoch $epoch accuracy ", $acc, "\n"; }
    else { printf "epoch %2d  accuracy %6.2f%%  errors %d\n", $epoch, 100 * $acc, $wrong; }
}
