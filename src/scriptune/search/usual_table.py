"""The table of usual values: what hyperparameters are called, and what experienced people set them to.

Data only; `usual` reads it. The values of the kinds network, boosting, forest, SVM and linear were fixed before any
search was measured with them (`docs/algorithms/knowledge.md`), so they are not tuned to a benchmark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["ENTRIES", "SOURCES", "UsualEntry"]


@dataclass(frozen=True)
class UsualEntry:
    """What is usual for one meaning in one kind of program.

    Attributes:
        meaning: A key of `ALIASES`.
        kind: Of the program: ``network``, ``fine_tuning``, ``diffusion``, ``reinforcement``, ``boosting``, ``forest``,
            ``svm``, ``linear``, ``word_vectors``, or a narrower one within these; ``any`` if its kind is not known.
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
        "devlin": "Devlin et al. (2019), BERT: pre-training of deep bidirectional transformers, appendix A.3",
        "hu": "Hu et al. (2022), LoRA: low-rank adaptation of large language models, ICLR, appendix D",
        "dettmers": "Dettmers et al. (2023), QLoRA: efficient finetuning of quantized LLMs, NeurIPS, appendix B",
        "rafailov": "Rafailov et al. (2023), Direct preference optimization, NeurIPS, appendix B",
        "huggingface": "Hugging Face documentation, pages 'Trainer' and 'Diffusers: training'",
        "vaswani": "Vaswani et al. (2017), Attention is all you need, NeurIPS, section 3 and table 3",
        "deit": "Touvron et al. (2021), Training data-efficient image transformers, ICML, table 9",
        "mixup": "Zhang et al. (2018), mixup: beyond empirical risk minimization, ICLR, section 3",
        "cutmix": "Yun et al. (2019), CutMix: regularization strategy to train strong classifiers, ICCV, section 4",
        "mae": "He et al. (2022), Masked autoencoders are scalable vision learners, CVPR, appendix A",
        "focal": "Lin et al. (2017), Focal loss for dense object detection, ICCV, section 5",
        "sam": "Foret et al. (2021), Sharpness-aware minimization, ICLR, section 3",
        "swa": "Izmailov et al. (2018), Averaging weights leads to wider optima and better generalization, UAI",
        "vgg": "Simonyan & Zisserman (2015), Very deep convolutional networks, ICLR, table 1",
        "dcgan": "Radford, Metz & Chintala (2016), Unsupervised representation learning with DCGANs, ICLR, section 4",
        "wgan_gp": "Gulrajani et al. (2017), Improved training of Wasserstein GANs, NeurIPS, section 4",
        "pytorch": "PyTorch documentation, pages 'torch.optim' and 'torch.nn'",
        "ddpm": "Ho, Jain & Abbeel (2020), Denoising diffusion probabilistic models, NeurIPS, appendix B",
        "nichol": "Nichol & Dhariwal (2021), Improved denoising diffusion probabilistic models, ICML",
        "min_snr": "Hang et al. (2023), Efficient diffusion training via min-SNR weighting strategy, ICCV",
        "guidance": "Ho & Salimans (2022), Classifier-free diffusion guidance, section 4",
        "ppo": "Schulman et al. (2017), Proximal policy optimization algorithms, tables 3 and 5",
        "gae": "Schulman et al. (2016), High-dimensional continuous control using generalized advantage estimation",
        "on_policy": "Andrychowicz et al. (2021), What matters for on-policy deep actor-critic methods?, ICLR",
        "dqn": "Mnih et al. (2015), Human-level control through deep reinforcement learning, Nature 518, table 1",
        "sac": "Haarnoja et al. (2018), Soft actor-critic algorithms and applications, appendix D",
        "sb3": "Stable-Baselines3 documentation, pages of the algorithms (PPO, A2C, DQN, SAC, TD3)",
        "fasttext": "Joulin et al. (2017), Bag of tricks for efficient text classification, EACL; documentation of "
        "fastText, 'List of options'",
        "word2vec": "Mikolov et al. (2013), Distributed representations of words and phrases, NeurIPS",
        "spacy": "spaCy documentation, page 'Model architectures'",
        "xgboost": "XGBoost documentation, pages 'XGBoost parameters' and 'Notes on parameter tuning'",
        "lightgbm": "LightGBM documentation, pages 'Parameters' and 'Parameters tuning'",
        "catboost": "CatBoost documentation, page 'Parameter tuning'",
        "sklearn": "scikit-learn documentation, pages of the estimators and of the user guide",
    }
)

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
    _E("optimizer", "any", ("adamw", "adamwtorch", "adam"), "loshchilov"),
    _E("activation", "any", ("relu",), "glorot"),
    _E("schedule", "any", ("cosine", "cosineannealing", "cosineannealinglr", "cosinedecay"), "sgdr"),
    _E("schedule", "linear", ("optimal",), "sklearn"),
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
    # networks, further
    _E("ema_decay", "network", 0.999, "ddpm", 0.9, 0.9999),
    _E("drop_path", "network", 0.1, "deit", 0.0, 0.5),
    _E("mixup", "network", 0.2, "mixup", 0.0, 1.0),
    _E("cutmix", "network", 1.0, "cutmix", 0.0, 1.0),
    _E("random_erasing", "network", 0.25, "deit", 0.0, 0.5),
    _E("layer_decay", "network", 0.75, "mae", 0.5, 1.0),
    _E("warmup_steps", "network", 500, "huggingface", 10, 10_000, log=True, around=4),
    _E("warmup_epochs", "network", 5, "goyal", 0, 20),
    _E("lr_min", "network", 1e-5, "deit", 1e-8, 1e-3, log=True),
    _E("lr_start", "network", 1e-6, "deit", 1e-8, 1e-3, log=True),
    _E("lr_factor", "network", 0.1, "pytorch", 0.05, 0.99),
    _E("gamma", "network", 0.1, "pytorch", 0.05, 0.99),
    _E("num_heads", "network", 8, "vaswani", 1, 32, log=True),
    _E("ffn_width", "network", 2048, "vaswani", 16, 65536, log=True, around=4),
    _E("ffn_factor", "network", 4, "vaswani", 1, 8),
    _E("kernel_size", "network", 3, "vgg", 1, 9),
    _E("channels", "network", 64, "vgg", 4, 4096, log=True, around=4),
    _E("accumulation", "network", 1, "huggingface", 1, 32, log=True),
    _E("focal_gamma", "network", 2.0, "focal", 0.0, 5.0),
    _E("focal_alpha", "network", 0.25, "focal", 0.05, 0.95),
    _E("gradient_penalty", "network", 10.0, "wgan_gp", 0.1, 100.0, log=True),
    _E("norm_momentum", "network", 0.1, "pytorch", 0.01, 0.5),
    _E("sam_rho", "network", 0.05, "sam", 0.01, 0.5, log=True),
    _E("swa_lr", "network", 0.05, "swa", 1e-4, 0.5, log=True),
    _E("latent_size", "network", 100, "dcgan", 2, 1024, log=True, around=4),
    _E("l1", "network", 1e-5, "bengio", 1e-7, 1e-2, log=True),
    _E("maxout_pieces", "network", 3, "spacy", 2, 4),
    # fine-tuning of language models
    _E("learning_rate", "fine_tuning", 3e-5, "devlin", 1e-7, 1e-2, log=True, around=30),
    _E("learning_rate", "lora", 2e-4, "dettmers", 1e-6, 1e-2, log=True, around=30),
    _E("learning_rate", "dpo", 1e-6, "rafailov", 1e-8, 1e-3, log=True, around=30),
    _E("batch_size", "fine_tuning", 32, "devlin", 1, 4096, log=True, around=4),
    _E("epochs", "fine_tuning", 3, "devlin", 1, 10),
    _E("weight_decay", "fine_tuning", 0.01, "devlin", 1e-6, 0.1, log=True),
    _E("dropout", "fine_tuning", 0.1, "devlin", 0.0, 0.5),
    _E("lora_rank", "fine_tuning", 8, "hu", 2, 128, log=True),
    _E("lora_alpha", "fine_tuning", 16, "dettmers", 4, 256, log=True),
    _E("lora_dropout", "fine_tuning", 0.05, "dettmers", 0.0, 0.3),
    _E("dpo_beta", "fine_tuning", 0.1, "rafailov", 0.01, 1.0, log=True),
    # diffusion
    _E("learning_rate", "diffusion", 1e-4, "nichol", 1e-7, 1e-2, log=True, around=30),
    _E("batch_size", "diffusion", 128, "ddpm", 1, 4096, log=True, around=4),
    _E("dropout", "diffusion", 0.1, "ddpm", 0.0, 0.5),
    _E("ema_decay", "diffusion", 0.9999, "ddpm", 0.99, 0.99999),
    _E("lora_rank", "diffusion", 8, "huggingface", 2, 128, log=True),
    _E("diffusion_steps", "diffusion", 1000, "ddpm", 100, 4000, log=True),
    _E("snr_gamma", "diffusion", 5.0, "min_snr", 1.0, 20.0, log=True),
    _E("noise_schedule", "any", ("cosine", "squaredcoscapv2"), "nichol"),
    _E("condition_dropout", "diffusion", 0.1, "guidance", 0.05, 0.3),
    _E("beta_start", "diffusion", 1e-4, "ddpm", 1e-5, 1e-2, log=True),
    _E("beta_end", "diffusion", 0.02, "ddpm", 5e-3, 0.1, log=True),
    # reinforcement learning; `dqn` and `off_policy` are kinds of it
    _E("learning_rate", "reinforcement", 3e-4, "ppo", 1e-6, 0.1, log=True, around=30),
    _E("learning_rate", "dqn", 1e-4, "sb3", 1e-6, 0.1, log=True, around=30),
    _E("gamma", "reinforcement", 0.99, "ppo", 0.9, 0.9999),
    _E("discount", "reinforcement", 0.99, "ppo", 0.9, 0.9999),
    _E("gae_lambda", "reinforcement", 0.95, "gae", 0.8, 1.0),
    _E("entropy", "reinforcement", 0.01, "ppo", 1e-5, 0.1, log=True),
    _E("value_loss", "reinforcement", 0.5, "sb3", 0.1, 1.0),
    _E("clip_range", "reinforcement", 0.2, "ppo", 0.1, 0.4),
    _E("rollout", "reinforcement", 2048, "ppo", 8, 16384, log=True, around=8),
    _E("epochs", "reinforcement", 10, "ppo", 1, 30),
    _E("batch_size", "reinforcement", 64, "ppo", 8, 65536, log=True, around=4),
    _E("batch_size", "off_policy", 256, "sac", 8, 4096, log=True, around=4),
    _E("batch_size", "dqn", 32, "dqn", 8, 4096, log=True, around=4),
    _E("clip", "reinforcement", 0.5, "sb3", 0.1, 10.0, log=True),
    _E("width", "reinforcement", 64, "on_policy", 16, 1024, log=True, around=4),
    _E("width", "off_policy", 256, "sac", 16, 1024, log=True, around=4),
    _E("num_layers", "reinforcement", 2, "on_policy", 1, 4),
    _E("activation", "reinforcement", ("tanh",), "on_policy"),
    _E("activation", "off_policy", ("relu",), "sac"),
    _E("activation", "dqn", ("relu",), "dqn"),
    _E("target_kl", "reinforcement", 0.02, "sb3", 3e-3, 0.1, log=True),
    _E("tau", "reinforcement", 0.005, "sac", 1e-3, 0.1, log=True),
    _E("buffer_size", "reinforcement", 1_000_000, "sac", 10_000, 10_000_000, log=True, is_nearest=True),
    _E("learning_starts", "reinforcement", 100, "sb3", 10, 100_000, log=True),
    _E("train_freq", "off_policy", 1, "sac", 1, 64, log=True),
    _E("train_freq", "dqn", 4, "dqn", 1, 64, log=True),
    _E("target_update", "dqn", 10_000, "dqn", 1, 50_000, log=True),
    _E("exploration_share", "dqn", 0.1, "sb3", 0.01, 0.5),
    _E("exploration_start", "dqn", 1.0, "dqn", 0.1, 1.0),
    _E("exploration_end", "dqn", 0.05, "sb3", 0.01, 0.2),
    _E("num_envs", "reinforcement", 8, "ppo", 1, 128, log=True),
    # boosting, further
    _E("max_bin", "boosting", 255, "lightgbm", 32, 512, log=True),
    _E("bagging_freq", "boosting", 1, "lightgbm", 1, 10),
    _E("random_strength", "boosting", 1.0, "catboost", 0.1, 10.0, log=True),
    _E("bagging_temperature", "boosting", 1.0, "catboost", 0.0, 10.0),
    _E("tree_dropout", "boosting", 0.1, "lightgbm", 0.0, 0.5),
    _E("skip_dropout", "boosting", 0.5, "lightgbm", 0.0, 1.0),
    # support vectors, linear models, others of scikit-learn
    _E("eps", "svm", 0.1, "sklearn", 1e-3, 1.0, log=True),
    _E("degree", "svm", 3, "sklearn", 2, 5),
    _E("nu", "svm", 0.5, "sklearn", 0.05, 0.95),
    _E("l1_ratio", "linear", 0.15, "sklearn", 0.0, 1.0),
    _E("power_t", "linear", 0.5, "sklearn", 0.1, 0.9),
    _E("var_smoothing", "any", 1e-9, "sklearn", 1e-12, 1.0, log=True),
    # word vectors
    _E("learning_rate", "word_vectors", 0.25, "fasttext", 0.01, 1.0, log=True),
    _E("epochs", "word_vectors", 5, "fasttext", 1, 50, log=True),
    _E("width", "word_vectors", 100, "fasttext", 10, 300, log=True),
    _E("vector_size", "word_vectors", 100, "fasttext", 10, 300, log=True),
    _E("word_ngrams", "word_vectors", 2, "fasttext", 1, 5),
    _E("min_ngram", "word_vectors", 3, "fasttext", 2, 4),
    _E("max_ngram", "word_vectors", 6, "fasttext", 4, 8),
    _E("window", "word_vectors", 5, "fasttext", 2, 10),
    _E("negative", "word_vectors", 5, "word2vec", 2, 20),
    _E("min_count", "word_vectors", 5, "fasttext", 1, 20),
)
# fmt: on
