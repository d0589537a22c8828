/* Times a loop over an array and prints it in the way that its argument names. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void scaled(double s) {
    if (s < 1e-6) printf("%.1fns", s * 1e9);
    else if (s < 1e-3) printf("%.1fus", s * 1e6);
    else if (s < 1.0) printf("%.2fms", s * 1e3);
    else printf("%.2fs", s);
}

int main(int argc, char **argv) {
    const char *style = argc > 1 ? argv[1] : "plain";
    setlocale(LC_ALL, "");
    for (int power = 8; power <= 20; power += 3) {
        long n = 1L << power;
        double *x = malloc((size_t)n * sizeof *x), sum = 0.0, start = now();
        for (long i = 0; i < n; i++) x[i] = sin(0.001 * (double)i);
        for (long i = 0; i < n; i++) sum += x[i] * x[i];
        double s = now() - start;
        if (!strcmp(style, "units")) { printf("n=%-8ld latency=", n); scaled(s); printf("\n"); }
        else if (!strcmp(style, "sci")) printf("n %8ld  err = %.6e  t = %g\n", n, fabs(sum / (double)n - 0.5), s);
        else if (!strcmp(style, "grouped")) printf("%'ld elements: %'.2f elements/s\n", n, (double)n / s);
        else if (!strcmp(style, "table")) printf("|%10ld |%12.3f |%9.1f%% |\n", n, sum, 100.0 * sum / (double)n);
        else if (!strcmp(style, "hex")) printf("n=%ld checksum=%#lx sum=%a\n", n, (long)(sum * 1000), sum);
        else if (!strcmp(style, "padded")) printf("size %06ld residual........%+011.5f\n", n, sum - 0.5 * (double)n);
        else if (!strcmp(style, "bar")) { printf("\r[%-20.*s] n=%ld mean=%.4f", power, "####################", n, sum / (double)n); fflush(stdout); }
        else if (!strcmp(style, "back")) { printf("mean %.4f", sum / (double)n); fflush(stdout); printf("\b\b\b\b\b\b\b\b\b\b\b"); }
        else if (!strcmp(style, "nul")) { char text[32]; int k = sprintf(text, "mean=%.4f", sum / (double)n); fwrite(text, 1, (size_t)k + 1, stdout); }
        else if (!strcmp(style, "nan")) printf("n=%ld loss=%f best=%f\n", n, power > 14 ? sqrt(-sum) : sum / (double)n, power < 11 ? INFINITY : -log(0.0 * sum));
        else if (!strcmp(style, "german")) printf("Größe %ld: mittlerer Fehler = %.5f, Dauer = %.3f s\n", n, fabs(sum / (double)n - 0.5), s);
        else printf("n=%ld mean=%f time=%.6f s\n", n, sum / (double)n, s);
        free(x);
    }
    if (!strcmp(style, "bar")) printf("\n");
    return 0;
}
