"""The table of usual values: what hyperparameters are called, and what experienced people set them to.

Data only; `usual` reads it. The values of the kinds network, boosting, forest, SVM and linear were fixed before any
search was measured with them (`docs/algorithms/knowledge.md`), so they are not tuned to a benchmark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["ALIASES", "BOOSTING", "ENTRIES", "FOREST", "NETWORK", "NOT_BOOSTING", "SOURCES", "UsualEntry"]


@dataclass(frozen=True)
class UsualEntry:
    """What is usual for one meaning in one kind of program.

    Attributes:
        meaning: A key of `ALIASES`.
        kind: Of the program: ``network``, ``boosting``, ``forest``, ``svm``, ``linear``; ``any`` if its kind is not
            known; ``sgd`` is a network trained by SGD with momentum.
        value: The usual value; of a choice, the values in order of preference.
        low, high: The range that is usually searched; None where there is none.
        log: Search it on a log scale.
        around: The range reaches so many times below and above the program's own default, as far as ``low`` and
            ``high`` allow; None where it does not depend on the default.
        is_nearest: Outside of a range, the nearer end is taken; else the user is taken to know better.
        only_log: Only for parameters that are searched on a log scale.
        is_share: For parameters whose range ends at 1 or below, where others count.
        source: A key of `SOURCES`.
    """

    meaning: str
    kind: str
    value: float | tuple[str, ...]
    source: str
    low: float | None = None
    high: float | None = None
    log: bool = False
    around: float | None = None
    is_nearest: bool = False
    only_log: bool = False
    is_share: bool = False


_E = UsualEntry

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "probst": "Probst, Boulesteix & Bischl (2019), Tunability: importance of hyperparameters of machine learning "
        "algorithms, JMLR 20(53): best defaults over 38 data sets",
        "van_rijn": "van Rijn & Hutter (2018), Hyperparameter importance across datasets, KDD",
        "hsu": "Hsu, Chang & Lin (2003, revised 2016), A practical guide to support vector classification, section 3.2",
        "kingma": "Kingma & Ba (2015), Adam: a method for stochastic optimization, ICLR, algorithm 1",
        "loshchilov": "Loshchilov & Hutter (2019), Decoupled weight decay regularization, ICLR",
        "sgdr": "Loshchilov & Hutter (2017), SGDR: stochastic gradient descent with warm restarts, ICLR",
        "goyal": "Goyal et al. (2017), Accurate, large minibatch SGD: training ImageNet in 1 hour, section 5.1",
        "bengio": "Bengio (2012), Practical recommendations for gradient-based training of deep architectures",
        "dropout": "Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting, JMLR",
        "szegedy": "Szegedy et al. (2016), Rethinking the Inception architecture for computer vision, CVPR, section 7",
        "pascanu": "Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks, ICML",
        "roberta": "Liu et al. (2019), RoBERTa: a robustly optimized BERT pretraining approach, appendix",
        "glorot": "Glorot, Bordes & Bengio (2011), Deep sparse rectifier neural networks, AISTATS",
        "xgboost": "XGBoost documentation, pages 'XGBoost parameters' and 'Notes on parameter tuning'",
        "lightgbm": "LightGBM documentation, pages 'Parameters' and 'Parameters tuning'",
        "catboost": "CatBoost documentation, page 'Parameter tuning'",
        "sklearn": "scikit-learn documentation, pages of the estimators and of the user guide",
    }
)

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "learning_rate": "lr learning_rate learning_rate_init base_lr init_lr initial_lr lr0 max_lr peak_lr step_size "
        "eta",
        "momentum": "momentum mom sgd_momentum",
        "weight_decay": "weight_decay wd weight_decay_rate l2 l2_reg l2_penalty decay",
        "dropout": "dropout max_dropout drop dropout_rate dropout_prob p_drop drop_rate dropout_p hidden_dropout "
        "attn_dropout attention_dropout",
        "batch_size": "batch_size bs batch minibatch_size train_batch_size per_device_train_batch_size batchsize",
        "num_layers": "num_layers n_layers layers n_layer num_hidden_layers n_blocks num_blocks",
        "width": "units max_units hidden hidden_units hidden_size hidden_dim n_hidden num_units width n_units d_model "
        "embed_dim n_embd hidden_layer_size",
        "epochs": "epochs num_epochs n_epochs num_train_epochs max_epochs",
        "beta1": "beta1 beta_1 adam_beta1",
        "beta2": "beta2 beta_2 adam_beta2",
        "eps": "eps epsilon adam_epsilon adam_eps",
        "label_smoothing": "label_smoothing smoothing",
        "clip": "grad_clip max_grad_norm clip_norm clip gradient_clip gradient_clip_val",
        "warmup": "warmup_ratio warmup_fraction",
        "optimizer": "optimizer optim opt solver",
        "activation": "activation act activation_fn nonlinearity",
        "schedule": "schedule scheduler lr_scheduler lr_schedule lr_scheduler_type",
        "C": "C cost",
        "gamma": "gamma",
        "kernel": "kernel",
        "alpha": "alpha",
        "tol": "tol tolerance",
        "eta0": "eta0",
        "rounds": "n_estimators nrounds num_boost_round num_round n_rounds num_trees ntree n_trees iterations "
        "num_iterations max_iter",
        "depth": "depth",
        "max_depth": "max_depth maxdepth",
        "subsample": "subsample bagging_fraction sample_fraction bagging_freq_fraction",
        "colsample": "colsample_bytree colsample_bylevel colsample_bynode feature_fraction colsample rsm "
        "max_features mtry_fraction",
        "min_child_weight": "min_child_weight min_sum_hessian_in_leaf",
        "reg_l2": "lambda reg_lambda lambda_l2 l2_leaf_reg l2_regularization",
        "reg_l1": "reg_alpha lambda_l1",
        "min_leaf": "min_samples_leaf min_data_in_leaf min_child_samples minbucket min_node_size",
        "min_split": "min_samples_split minsplit",
        "min_gain": "min_impurity_decrease min_split_gain min_gain_to_split min_split_loss",
        "num_leaves": "num_leaves max_leaf_nodes max_leaves",
        "cp": "cp ccp_alpha",
        "neighbors": "n_neighbors k",
        "booster": "booster boosting boosting_type",
    }
)

# --- what the kinds of program are told by ------------------------------------------------------------------

BOOSTING = (
    "eta nrounds n_estimators num_boost_round max_depth num_leaves max_leaf_nodes subsample bagging_fraction "
    "colsample_bytree colsample_bylevel colsample_bynode feature_fraction min_child_weight min_child_samples "
    "reg_lambda lambda_l2 l2_regularization l2_leaf_reg booster iterations"
)
"""Aliases: two of them and a learning rate are boosting."""
NOT_BOOSTING = "momentum dropout batch_size width"
"""Meanings that boosting does not have."""
NETWORK = "momentum dropout batch_size num_layers width weight_decay epochs optimizer activation warmup"
"""Meanings: a learning rate and one of them, or two of them, are a network."""
FOREST = "min_leaf min_split cp"
"""Meanings: one of them, without a learning rate, is a forest or a tree."""

# fmt: off
ENTRIES: tuple[UsualEntry, ...] = (
    # networks
    _E("learning_rate", "network", 0.0015, "kingma", 1e-7, 1.0, log=True, around=30),
    _E("learning_rate", "sgd", 0.02, "goyal", 1e-7, 1.0, log=True, around=30),
    _E("learning_rate", "any", 0.0015, "kingma", 1e-7, 1.0, log=True, around=30),
    _E("momentum", "network", 0.9, "goyal", 0.5, 0.99),
    _E("momentum", "any", 0.9, "goyal", 0.5, 0.99),
    _E("weight_decay", "network", 3e-4, "loshchilov", 1e-6, 0.1, log=True),
    _E("weight_decay", "any", 3e-4, "loshchilov", 1e-6, 0.1, log=True),
    _E("dropout", "network", 0.2, "dropout", 0.0, 0.6),
    _E("dropout", "any", 0.2, "dropout", 0.0, 0.6),
    _E("batch_size", "network", 64, "bengio", 1, 65536, log=True, around=4),
    _E("batch_size", "any", 64, "bengio", 1, 65536, log=True, around=4),
    _E("num_layers", "network", 3, "bengio", 1, 8),
    _E("depth", "network", 3, "bengio", 1, 8),
    _E("alpha", "network", 3e-4, "loshchilov", 1e-6, 0.1, log=True, only_log=True),
    _E("width", "network", 256, "bengio", 4, 65536, log=True, around=4, is_nearest=True),
    _E("epochs", "network", 1000, "bengio", is_nearest=True),
    _E("beta1", "network", 0.9, "kingma", 0.8, 0.99),
    _E("beta2", "network", 0.997, "kingma", 0.9, 0.9999),
    _E("eps", "network", 1e-8, "kingma", 1e-10, 1e-4, log=True),
    _E("label_smoothing", "network", 0.1, "szegedy", 0.0, 0.2),
    _E("label_smoothing", "any", 0.1, "szegedy", 0.0, 0.2),
    _E("clip", "network", 1.0, "pascanu", 0.1, 10.0, log=True),
    _E("clip", "any", 1.0, "pascanu", 0.1, 10.0, log=True),
    _E("warmup", "network", 0.06, "roberta", 0.0, 0.2),
    _E("tol", "network", 1e-4, "sklearn", 1e-6, 1e-2, log=True, is_nearest=True),
    _E("tol", "any", 1e-4, "sklearn", 1e-6, 1e-2, log=True, is_nearest=True),
    _E("neighbors", "network", 7, "sklearn", 1, 50, log=True),
    _E("neighbors", "any", 7, "sklearn", 1, 50, log=True),
    _E("optimizer", "any", ("adamw", "adam"), "loshchilov"),
    _E("activation", "any", ("relu",), "glorot"),
    _E("schedule", "any", ("cosine",), "sgdr"),
    # boosting
    _E("learning_rate", "boosting", 0.05, "probst", 1e-3, 1.0, log=True, around=30),
    _E("rounds", "boosting", 500, "probst", 1, 100_000, log=True, around=8, is_nearest=True),
    _E("max_depth", "boosting", 7, "probst", 2, 12),
    _E("depth", "boosting", 7, "catboost", 2, 12),
    _E("num_leaves", "boosting", 31, "lightgbm", 8, 256, log=True),
    _E("subsample", "boosting", 0.8, "probst", 0.3, 1.0),
    _E("colsample", "boosting", 0.7, "probst", 0.3, 1.0),
    _E("min_child_weight", "boosting", 2.0, "probst", 0.5, 20.0, log=True, is_nearest=True),
    _E("reg_l2", "boosting", 1.0, "probst", 1e-3, 100.0, log=True),
    _E("reg_l1", "boosting", 0.2, "probst", 1e-3, 100.0, log=True),
    _E("min_gain", "boosting", 0.03, "xgboost", 1e-3, 10.0, log=True, is_nearest=True),
    _E("alpha", "boosting", 0.2, "probst", 1e-3, 100.0, log=True),
    _E("gamma", "boosting", 0.03, "xgboost", 1e-3, 10.0, log=True, is_nearest=True),
    _E("min_leaf", "boosting", 15, "lightgbm", 1, 100, log=True, is_nearest=True),
    _E("min_leaf", "boosting", 0.01, "lightgbm", 1e-3, 0.1, log=True, is_nearest=True, is_share=True),
    _E("min_split", "boosting", 4, "sklearn", 2, 50, log=True, is_nearest=True),
    _E("min_split", "boosting", 0.01, "sklearn", 1e-3, 0.1, log=True, is_nearest=True, is_share=True),
    _E("booster", "any", ("gbtree", "gbdt"), "xgboost"),
    # forests
    _E("rounds", "forest", 300, "sklearn", 50, 2000, log=True, is_nearest=True),
    _E("max_depth", "forest", 20, "probst", 2, 30, is_nearest=True),
    _E("depth", "forest", 20, "probst", 2, 30, is_nearest=True),
    _E("colsample", "forest", 0.35, "probst", 0.1, 1.0),
    _E("min_leaf", "forest", 3, "van_rijn", 1, 20, log=True, is_nearest=True),
    _E("min_leaf", "forest", 0.003, "van_rijn", 1e-4, 0.05, log=True, is_nearest=True, is_share=True),
    _E("min_split", "forest", 8, "probst", 2, 50, log=True, is_nearest=True),
    _E("min_split", "forest", 0.005, "probst", 1e-4, 0.1, log=True, is_nearest=True, is_share=True),
    _E("min_gain", "forest", 1e-6, "sklearn", 1e-9, 0.1, log=True, is_nearest=True),
    _E("cp", "forest", 1e-3, "probst", 1e-6, 0.1, log=True, is_nearest=True),
    _E("subsample", "forest", 0.75, "probst", 0.3, 1.0),
    # support vector machines
    _E("C", "svm", 16.0, "van_rijn", 1e-2, 1e3, log=True),
    _E("gamma", "svm", 0.01, "van_rijn", 1e-5, 1.0, log=True),
    _E("kernel", "any", ("rbf", "radial"), "hsu"),
    _E("tol", "svm", 1e-4, "sklearn", 1e-6, 1e-2, log=True, is_nearest=True),
    # linear models
    _E("C", "linear", 1.0, "sklearn", 1e-3, 1e3, log=True),
    _E("alpha", "linear", 1e-4, "sklearn", 1e-6, 1.0, log=True, is_nearest=True, only_log=True),
    _E("eta0", "linear", 0.03, "sklearn", 1e-3, 1.0, log=True),
    _E("learning_rate", "linear", 0.03, "sklearn", 1e-4, 1.0, log=True, around=30),
    _E("tol", "linear", 1e-4, "sklearn", 1e-6, 1e-2, log=True, is_nearest=True),
)
# fmt: on
