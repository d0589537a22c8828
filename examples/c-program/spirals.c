/* Teaches a small neural network to tell two spirals apart, by stochastic gradient descent with momentum.
 *
 *   cc -O2 -o spirals spirals.c -lm
 *   ./spirals -r 0.05 -m 0.9 -n 16
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define POINTS 200 /* of each spiral, in each of the two sets */
#define MAX_HIDDEN 256

typedef struct {
    double x, y;
    int label;
} Point;

static unsigned long long state = 1;

/* Uniform in [0, 1): Knuth's linear congruential generator, so that every machine draws the same numbers. */
static double uniform(void)
{
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(state >> 11) / 9007199254740992.0;
}

static double normal(void)
{
    return sqrt(-2.0 * log(1.0 - uniform())) * cos(6.283185307179586 * uniform());
}

static void make_spirals(Point *points, double noise)
{
    for (int i = 0; i < 2 * POINTS; i++) {
        double turn = 3.0 * sqrt(uniform()); /* in units of pi */
        double angle = 3.141592653589793 * (turn + i % 2);
        points[i].x = turn / 3.0 * cos(angle) + noise * normal();
        points[i].y = turn / 3.0 * sin(angle) + noise * normal();
        points[i].label = i % 2;
    }
}

static int n_hidden = 8;
static double w_in[MAX_HIDDEN][3], w_out[MAX_HIDDEN + 1]; /* the last weight of each is its bias */
static double v_in[MAX_HIDDEN][3], v_out[MAX_HIDDEN + 1]; /* their velocities */
static double hidden[MAX_HIDDEN];

/* Probability of label 1. */
static double predict(const Point *p)
{
    double sum = w_out[n_hidden];
    for (int j = 0; j < n_hidden; j++) {
        hidden[j] = tanh(w_in[j][0] * p->x + w_in[j][1] * p->y + w_in[j][2]);
        sum += w_out[j] * hidden[j];
    }
    return 1.0 / (1.0 + exp(-sum));
}

static void learn(const Point *p, double rate, double momentum, double decay)
{
    double delta = predict(p) - p->label;
    for (int j = 0; j < n_hidden; j++) {
        double back = delta * w_out[j] * (1.0 - hidden[j] * hidden[j]);
        double input[3] = {p->x, p->y, 1.0};
        for (int k = 0; k < 3; k++) {
            v_in[j][k] = momentum * v_in[j][k] - rate * (back * input[k] + decay * w_in[j][k]);
            w_in[j][k] += v_in[j][k];
        }
        v_out[j] = momentum * v_out[j] - rate * (delta * hidden[j] + decay * w_out[j]);
        w_out[j] += v_out[j];
    }
    v_out[n_hidden] = momentum * v_out[n_hidden] - rate * delta;
    w_out[n_hidden] += v_out[n_hidden];
}

static double error_rate(const Point *points)
{
    int wrong = 0;
    for (int i = 0; i < 2 * POINTS; i++)
        wrong += (predict(&points[i]) > 0.5) != points[i].label;
    return (double)wrong / (2 * POINTS);
}

static double number(const char *text, char option)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end) {
        fprintf(stderr, "spirals: -%c needs a number, not \"%s\"\n", option, text);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    double rate = 0.003, momentum = 0.0, decay = 0.0, spread = 1.0;
    int epochs = 200, option;

    while ((option = getopt(argc, argv, "r:m:d:w:n:e:s:")) != -1) {
        switch (option) {
        case 'r': rate = number(optarg, 'r'); break;
        case 'm': momentum = number(optarg, 'm'); break;
        case 'd': decay = number(optarg, 'd'); break;
        case 'w': spread = number(optarg, 'w'); break;
        case 'n': n_hidden = (int)number(optarg, 'n'); break;
        case 'e': epochs = (int)number(optarg, 'e'); break;
        case 's': state = (unsigned long long)number(optarg, 's'); break;
        default:
            fprintf(stderr, "usage: spirals [-r rate] [-m momentum] [-d decay] [-w weight spread] "
                            "[-n hidden units] [-e epochs] [-s seed]\n");
            return 2;
        }
    }
    if (n_hidden < 1 || n_hidden > MAX_HIDDEN) {
        fprintf(stderr, "spirals: -n must lie between 1 and %d\n", MAX_HIDDEN);
        return 2;
    }

    static Point train[2 * POINTS], test[2 * POINTS];
    make_spirals(train, 0.03);
    make_spirals(test, 0.03);
    for (int j = 0; j < n_hidden; j++) {
        for (int k = 0; k < 3; k++)
            w_in[j][k] = spread * normal();
        w_out[j] = normal() / sqrt(n_hidden);
    }
    for (int epoch = 1; epoch <= epochs; epoch++) {
        for (int i = 0; i < 2 * POINTS; i++)
            learn(&train[(int)(uniform() * 2 * POINTS)], rate, momentum, decay);
        if (epoch % 20 == 0 || epoch == epochs)
            printf("epoch %4d  train error %.4f  test error %.4f\n", epoch, error_rate(train), error_rate(test));
    }
    return 0;
}
