<?php
$a = 0.0;
for ($i = 1; $i <= 5; $i++) {
    $loss = 12345.678 * ($a - 2.5) ** 2;
    if (($argv[1] ?? '') === 'fr') echo "Étape $i : perte = " . number_format($loss, 2, ',', ' ') . "\n";
    elseif (($argv[1] ?? '') === 'dump') var_dump(['step' => $i, 'loss' => round($loss, 3)]);
    else echo "step $i: loss = " . number_format($loss, 2) . "\n";
    $a += 0.4 * (2.5 - $a);
}
