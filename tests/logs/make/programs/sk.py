"""Verbose estimators of scikit-learn and its neighbours on bundled and generated data."""

import sys
import warnings

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_classification
from sklearn.model_selection import cross_val_score, train_test_split

style = sys.argv[1]
X, y = load_digits(return_X_y=True)
X = X / 16.0
A, B, a, b = train_test_split(X, y, random_state=0)
if style == "mlp":
    from sklearn.neural_network import MLPClassifier

    MLPClassifier((20,), max_iter=6, verbose=True, early_stopping=True, random_state=0).fit(A, a)
elif style == "mlp_loss":
    from sklearn.neural_network import MLPRegressor

    MLPRegressor(hidden_layer_sizes=(8,), max_iter=5, verbose=True, random_state=0).fit(*load_diabetes(return_X_y=True))
elif style == "sgd":
    from sklearn.linear_model import SGDClassifier

    SGDClassifier(verbose=1, max_iter=3, tol=None, random_state=0).fit(*load_breast_cancer(return_X_y=True))
elif style == "gb":
    from sklearn.ensemble import GradientBoostingClassifier

    GradientBoostingClassifier(n_estimators=6, verbose=2, subsample=0.8, random_state=0).fit(A[:300], a[:300])
elif style == "gb_plain":
    from sklearn.ensemble import GradientBoostingRegressor

    GradientBoostingRegressor(n_estimators=40, verbose=1, random_state=0).fit(*load_diabetes(return_X_y=True))
elif style == "hgb":
    from sklearn.ensemble import HistGradientBoostingClassifier

    HistGradientBoostingClassifier(max_iter=4, verbose=1, early_stopping=True, random_state=0).fit(
        A[:400, :12], a[:400] > 4
    )
elif style == "kmeans":
    from sklearn.cluster import KMeans

    KMeans(10, n_init=1, max_iter=6, verbose=1, random_state=0).fit(X[:500])
elif style == "minibatch":
    from sklearn.cluster import MiniBatchKMeans

    MiniBatchKMeans(10, n_init=1, max_iter=1, verbose=1, batch_size=256, random_state=0).fit(X)
elif style == "grid":
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    search = GridSearchCV(LogisticRegression(max_iter=200), {"C": [0.01, 1.0]}, cv=3, verbose=3).fit(A, a)
    print("best score:", search.best_score_)
elif style == "report":
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import classification_report, confusion_matrix

    guess = LogisticRegression(max_iter=300).fit(A, a > 4).predict(B)
    print(classification_report(b > 4, guess))
    print(confusion_matrix(b > 4, guess))
elif style == "tsne":
    from sklearn.manifold import TSNE

    TSNE(max_iter=300, verbose=1, random_state=0).fit_transform(X[:200])
elif style == "liblinear":
    from sklearn.svm import LinearSVC

    for C in (0.01, 0.1, 1.0):
        print(f"C={C}: score={LinearSVC(C=C, random_state=0).fit(A, a).score(B, b)}")
elif style == "cv":
    from sklearn.naive_bayes import GaussianNB

    scores = cross_val_score(GaussianNB(), X, y, cv=5)
    print(scores)
    print("%0.2f accuracy with a standard deviation of %0.2f" % (scores.mean(), scores.std()))
    print("Accuracy: {:.3f} (+/- {:.3f})".format(scores.mean(), 2 * scores.std()))
elif style == "gmm":
    from sklearn.mixture import GaussianMixture

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        GaussianMixture(4, verbose=2, verbose_interval=2, max_iter=8, random_state=0).fit(X[:, 18:24])
elif style == "pipeline":
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pipe = make_pipeline(PCA(8), LogisticRegression(max_iter=300), verbose=True).fit(A, a)
    print("test R2-like score =", np.float64(pipe.score(B, b)), repr(pipe.score(B, b)))
elif style == "forest":
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(12, verbose=2, oob_score=True, random_state=0).fit(A, a)
    print(f"OOB: {forest.oob_score_:.4%}")
elif style == "lda":
    from sklearn.decomposition import LatentDirichletAllocation

    LatentDirichletAllocation(4, max_iter=5, verbose=1, evaluate_every=1, random_state=0).fit(
        (X[:200] * 16).astype(int)
    )
elif style == "bgm":
    from sklearn.linear_model import BayesianRidge

    model = BayesianRidge(compute_score=True).fit(*load_diabetes(return_X_y=True))
    print(dict(zip(["alpha", "lambda", "score"], [model.alpha_, model.lambda_, model.scores_[-1]], strict=True)))
    print("scores", model.scores_[:3])
elif style == "perceptron":
    from sklearn.linear_model import Perceptron

    Perceptron(verbose=1, max_iter=3, tol=None).fit(A, a > 4)
elif style == "rbm":
    from sklearn.neural_network import BernoulliRBM

    BernoulliRBM(8, n_iter=4, verbose=1, random_state=0).fit(X)
elif style == "scipy":
    from scipy.optimize import differential_evolution, minimize, rosen

    print(minimize(rosen, [1.3, 0.7], method="Nelder-Mead", options={"disp": True}))
    differential_evolution(rosen, [(-2, 2)] * 2, maxiter=5, disp=True, seed=1)
elif style == "lsq":
    from scipy.optimize import least_squares

    t = np.linspace(0, 4, 30)
    least_squares(lambda p: p[0] * np.exp(-p[1] * t) - 2 * np.exp(-0.7 * t), [1.0, 1.0], verbose=2)
elif style == "statsmodels":
    import statsmodels.api as sm

    rng = np.random.default_rng(0)
    Z = sm.add_constant(rng.normal(size=(200, 2)))
    print(sm.Logit((Z @ [0.2, 1.0, -1.0] + rng.normal(size=200) > 0).astype(int), Z).fit().summary())
elif style == "arima":
    from statsmodels.tsa.arima.model import ARIMA

    series = np.cumsum(np.random.default_rng(1).normal(size=80))
    warnings.simplefilter("ignore")
    for p in range(3):
        fit = ARIMA(series, order=(p, 1, 1)).fit()
        print("ARIMA(%d, 1, 1): AIC=%.3f BIC=%.3f" % (p, fit.aic, fit.bic))
elif style == "pandas":
    import pandas as pd

    frame = pd.DataFrame({"model": ["a", "bb", "c"], "rmse": [0.51234567, 12.5, 1e-7], "n": [10, 200, 3000]})
    print(frame)
    print(frame.set_index("model").loc["bb"])
    print(frame.describe())
elif style == "gensim":
    import logging

    from gensim.models import Word2Vec

    logging.basicConfig(format="%(asctime)s : %(levelname)s : %(message)s", level=logging.INFO, stream=sys.stdout)
    texts = [[f"w{(i * j) % 13}" for j in range(9)] for i in range(2000)]
    Word2Vec(texts, vector_size=8, epochs=3, min_count=1, workers=1, compute_loss=True)
elif style == "numpy":
    np.set_printoptions(precision=4)
    error = np.array([0.25, 1e-5, 123456.7])
    print("errors", error)
    print("errors", error / 1e3, "max", error.max(), "argmax", error.argmax())
    print({"mse": np.float32(0.03125), "shape": (3, 4), "best": np.int64(17)})
    print(np.float64(0.1) + np.float32(0.2), [np.float16(0.5)], repr(np.float128(0.25)))
else:
    X, y = make_classification(200, random_state=0)
    print(X.shape)
