BEGIN {
    srand(5); a = 0.1; b = 0.9
    for (i = 1; i <= 300; i++) x[i] = (i % 3 ? rand() : rand() * rand())
    for (k = 1; k <= 5; k++) {
        na = nb = sa = sb = cost = 0
        for (i = 1; i <= 300; i++) {
            da = (x[i] - a) ^ 2; db = (x[i] - b) ^ 2
            if (da < db) { na++; sa += x[i]; cost += da } else { nb++; sb += x[i]; cost += db }
        }
        a = sa / na; b = sb / nb
        if (style == "ru") printf "Итерация %d: стоимость = %.4f; центры: %.3f и %.3f\n", k, cost, a, b
        else if (style == "pl") printf "Iteracja %d  koszt: %.4f  (%.1f %%)\n", k, cost, 100 * cost / 30
        else print k, "cost", cost, "centers", a, b
    }
}
