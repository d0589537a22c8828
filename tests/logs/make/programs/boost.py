"""Boosted trees: XGBoost, LightGBM and CatBoost on bundled data."""

import sys

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.model_selection import train_test_split

library, style = sys.argv[1], sys.argv[2]
data = load_diabetes if "reg" in style else load_digits if "multi" in style else load_breast_cancer
A, B, a, b = train_test_split(*data(return_X_y=True), random_state=0)
if library == "xgboost":
    import xgboost as xgb

    train, test = xgb.DMatrix(A, a), xgb.DMatrix(B, b)
    params = {
        "max_depth": 3,
        "eta": 0.3,
        "nthread": 1,
        "objective": "binary:logistic",
        "eval_metric": ["logloss", "auc"],
    }
    if "reg" in style:
        params |= {"objective": "reg:squarederror", "eval_metric": ["rmse", "mape"]}
    if "multi" in style:
        params |= {"objective": "multi:softprob", "num_class": 10, "eval_metric": ["merror", "mlogloss"]}
    if style == "cv":
        print(xgb.cv(params, train, 6, nfold=3, verbose_eval=True).tail(3))
    elif style == "warn":
        xgb.train(params | {"depht": 3, "verbosity": 2}, train, 3, [(test, "eval")])
    elif style == "early":
        xgb.train(
            params | {"eta": 1.0}, train, 60, [(train, "train"), (test, "val")], early_stopping_rounds=3, verbose_eval=2
        )
    elif style == "sk":
        xgb.XGBClassifier(n_estimators=5, n_jobs=1, eval_metric="error").fit(A, a, eval_set=[(B, b)])
    elif style == "small":
        xgb.train(
            params | {"eta": 1.0, "min_child_weight": 0, "lambda": 0, "max_depth": 8},
            train,
            40,
            [(train, "train")],
            verbose_eval=13,
        )
    else:
        xgb.train(params, train, 6, [(train, "train"), (test, "eval")])
elif library == "lightgbm":
    import lightgbm as lgb

    kind = {"reg": "regression", "reg_huber": "huber", "multi": "multiclass"}.get(style, "binary")
    params = {"objective": kind, "num_leaves": 7, "num_threads": 1, "verbose": 1, "min_data_in_leaf": 5}
    if "multi" in style:
        params |= {"num_class": 10, "metric": ["multi_logloss", "multi_error"]}
    train = lgb.Dataset(A, a)
    valid = lgb.Dataset(B, b, reference=train)
    if style == "cv":
        out = lgb.cv(params | {"verbose": -1}, train, 4, nfold=3, callbacks=[lgb.log_evaluation(1, show_stdv=True)])
        print(out.keys())
    elif style == "early":
        lgb.train(
            params | {"learning_rate": 0.5, "verbose": -1},
            train,
            90,
            [train, valid],
            ["train", "valid"],
            callbacks=[lgb.early_stopping(4), lgb.log_evaluation(5)],
        )
    elif style == "tiny":
        lgb.train(
            params | {"learning_rate": 0.9, "verbose": -1}, train, 60, [train], callbacks=[lgb.log_evaluation(12)]
        )
    else:
        lgb.train(params, train, 5, [valid], callbacks=[lgb.log_evaluation(1)])
elif library == "catboost":
    from catboost import CatBoostClassifier, CatBoostRegressor, Pool, cv

    common = {"iterations": 8, "depth": 4, "thread_count": 1, "allow_writing_files": False, "random_seed": 1}
    if style == "cv":
        print(cv(Pool(A, a), {**common, "loss_function": "Logloss"}, fold_count=3, verbose=2).tail(2))
    elif style == "reg":
        CatBoostRegressor(**common, learning_rate=0.3).fit(A, a, eval_set=(B, b))
    elif style == "metric":
        CatBoostClassifier(**common, eval_metric="AUC", metric_period=2).fit(A, a, eval_set=(B, b))
    elif style == "early":
        CatBoostClassifier(**(common | {"iterations": 300}), learning_rate=0.9).fit(
            A, a, eval_set=(B, b), early_stopping_rounds=5, verbose=20
        )
    elif style == "slow":
        CatBoostClassifier(**(common | {"iterations": 3, "depth": 8})).fit(np.repeat(A, 20, 0), np.repeat(a, 20))
    else:
        CatBoostClassifier(**common).fit(A, a)
