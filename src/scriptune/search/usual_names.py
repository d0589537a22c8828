"""What hyperparameters are called: the aliases of each meaning, and the names that tell a kind of program.

Data only; `usual` reads it. All names are in lower case with underscores, and ``C`` alone is matched with its case.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ALIASES", "BOOSTING", "FOREST", "NETWORK", "NOT_BOOSTING", "OTHER_WORDS", "SIGNS", "WHOLE_NAMES"]

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        # optimization
        "learning_rate": "lr learning_rate learning_rate_init base_lr init_lr initial_lr lr0 max_lr peak_lr "
        "step_size eta learn_rate",
        "momentum": "momentum mom sgd_momentum nesterov_momentum",
        "weight_decay": "weight_decay wd weight_decay_rate l2 l2_reg l2_penalty decay wdecay l2_lambda "
        "weight_decay_coef",
        "dropout": "dropout max_dropout drop dropout_rate dropout_prob p_drop drop_rate dropout_p hidden_dropout "
        "attn_dropout attention_dropout embedding_dropout emb_dropout input_dropout resid_pdrop attn_pdrop "
        "embd_pdrop",
        "batch_size": "batch_size bs batch minibatch_size train_batch_size per_device_train_batch_size batchsize "
        "train_bs mini_batch_size batch_size_per_gpu batch_size_per_device per_gpu_train_batch_size",
        # size of a network
        "num_layers": "num_layers n_layers layers n_layer num_hidden_layers n_blocks num_blocks nlayers hidden_layers",
        "width": "units max_units hidden hidden_units hidden_size hidden_dim n_hidden num_units width n_units "
        "d_model embed_dim n_embd hidden_layer_size hidden_channels hidden_features neurons n_neurons model_dim "
        "emb_dim embedding_dim embedding_size emb_size nhid emsize",
        "epochs": "epochs num_epochs n_epochs num_train_epochs max_epochs epoch max_epoch nepochs n_epoch num_epoch "
        "total_epochs train_epochs update_epochs",
        "beta1": "beta1 beta_1 adam_beta1 adam_b1",
        "beta2": "beta2 beta_2 adam_beta2 adam_b2",
        "eps": "eps epsilon adam_epsilon adam_eps",
        "label_smoothing": "label_smoothing smoothing",
        "clip": "grad_clip max_grad_norm clip_norm clip gradient_clip gradient_clip_val max_norm clip_grad "
        "clip_grad_norm gradient_clip_norm grad_clip_norm max_gradient_norm grad_norm_clip gradient_clipping "
        "clip_gradient",
        "warmup": "warmup_ratio warmup_fraction warmup_proportion warmup_frac",
        "optimizer": "optimizer optim opt solver",
        "activation": "activation act activation_fn nonlinearity",
        "schedule": "schedule scheduler lr_scheduler lr_schedule lr_scheduler_type sched lr_schedule_type "
        "learning_rate_schedule lr_decay_schedule lr_policy",
        # support vectors, linear models, neighbors
        "C": "C cost",
        "gamma": "gamma",
        "kernel": "kernel",
        "alpha": "alpha",
        "tol": "tol tolerance",
        "eta0": "eta0",
        # trees
        "rounds": "n_estimators nrounds num_boost_round num_round n_rounds num_trees ntree n_trees iterations "
        "num_iterations max_iter",
        "depth": "depth",
        "max_depth": "max_depth maxdepth",
        "subsample": "subsample bagging_fraction sample_fraction bagging_freq_fraction max_samples",
        "colsample": "colsample_bytree colsample_bylevel colsample_bynode feature_fraction colsample rsm "
        "max_features mtry_fraction feature_fraction_bynode",
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
        # networks, further
        "ema_decay": "ema_decay ema_rate model_ema_decay ema_momentum ema_max_decay ema_beta",
        "drop_path": "drop_path drop_path_rate stochastic_depth stochastic_depth_prob stochastic_depth_rate",
        "mixup": "mixup mixup_alpha",
        "cutmix": "cutmix cutmix_alpha",
        "random_erasing": "reprob random_erase random_erase_prob random_erasing",
        "layer_decay": "layer_decay layerwise_lr_decay layer_wise_decay llrd",
        "warmup_steps": "warmup_steps num_warmup_steps lr_warmup_steps warmup_iters warmup_updates",
        "warmup_epochs": "warmup_epochs num_warmup_epochs lr_warmup_epochs",
        "lr_min": "min_lr lr_min eta_min final_lr end_lr lr_end",
        "lr_start": "warmup_lr warmup_start_lr warmup_init_lr lr_warmup_decay",
        "lr_factor": "lr_decay lr_gamma lr_decay_rate lr_decay_factor lr_factor learning_rate_decay decay_rate",
        "num_heads": "num_heads n_heads n_head nhead heads num_attention_heads encoder_attention_heads",
        "ffn_width": "d_ff ffn_dim dim_feedforward intermediate_size ffn_hidden_size encoder_ffn_embed_dim",
        "ffn_factor": "mlp_ratio ffn_ratio",
        "kernel_size": "kernel_size conv_kernel_size filter_size",
        "channels": "num_filters n_filters filters channels num_channels base_channels nf ngf ndf",
        "accumulation": "gradient_accumulation_steps accumulate_grad_batches grad_accum_steps accumulation_steps "
        "accum_iter",
        "focal_gamma": "focal_gamma focal_loss_gamma",
        "focal_alpha": "focal_alpha focal_loss_alpha",
        "gradient_penalty": "lambda_gp gp_lambda gp_weight gradient_penalty_weight",
        "norm_momentum": "bn_momentum batch_norm_momentum bn_mom norm_momentum",
        "sam_rho": "sam_rho",
        "swa_lr": "swa_lr swa_lrs",
        "latent_size": "latent_dim latent_size z_dim nz",
        "l1": "l1 l1_reg l1_penalty l1_lambda",
        "maxout_pieces": "maxout_pieces",
        # fine-tuning of language models
        "lora_rank": "lora_r lora_rank",
        "lora_alpha": "lora_alpha",
        "lora_dropout": "lora_dropout",
        "dpo_beta": "dpo_beta beta",
        # diffusion
        "diffusion_steps": "num_train_timesteps diffusion_steps num_diffusion_steps",
        "snr_gamma": "snr_gamma min_snr_gamma",
        "noise_schedule": "noise_schedule beta_schedule",
        "condition_dropout": "uncond_prob cond_drop_prob p_uncond class_dropout_prob cfg_dropout",
        "beta_start": "beta_start",
        "beta_end": "beta_end",
        # reinforcement learning
        "gae_lambda": "gae_lambda lam gae",
        "entropy": "ent_coef entropy_coef entropy_coeff ent_weight",
        "value_loss": "vf_coef value_coef value_loss_coef vf_loss_coeff",
        "clip_range": "clip_range clip_coef clip_ratio clip_param cliprange clip_epsilon ppo_clip",
        "rollout": "n_steps num_steps rollout_length nsteps rollout_fragment_length",
        "discount": "discount discount_factor",
        "target_kl": "target_kl",
        "tau": "tau polyak soft_update_tau",
        "buffer_size": "buffer_size replay_size replay_buffer_size memory_size",
        "learning_starts": "learning_starts start_steps learning_start random_steps",
        "train_freq": "train_freq train_frequency update_every",
        "target_update": "target_update_interval target_network_frequency target_update_freq target_update",
        "exploration_share": "exploration_fraction",
        "exploration_start": "exploration_initial_eps eps_start start_e epsilon_start",
        "exploration_end": "exploration_final_eps eps_end end_e epsilon_end final_epsilon epsilon_min",
        "num_envs": "num_envs n_envs",
        # boosting, further
        "max_bin": "max_bin border_count max_bins",
        "bagging_freq": "bagging_freq",
        "random_strength": "random_strength",
        "bagging_temperature": "bagging_temperature",
        "tree_dropout": "rate_drop",
        "skip_dropout": "skip_drop",
        # others of scikit-learn
        "degree": "degree",
        "nu": "nu",
        "l1_ratio": "l1_ratio",
        "power_t": "power_t",
        "var_smoothing": "var_smoothing",
        # word vectors
        "word_ngrams": "word_ngrams",
        "min_ngram": "minn",
        "max_ngram": "maxn",
        "window": "ws window",
        "negative": "neg negative neg_samples negative_samples",
        "min_count": "min_count",
        "vector_size": "vector_size",
    }
)
"""Names by meaning."""

WHOLE_NAMES = "k"
"""Aliases that count only as a whole name: ``top_k`` is not a number of neighbors."""

OTHER_WORDS = (
    "eval val valid validation test dev min final last end out output in input log save image img window top per norm "
    "bn batchnorm layernorm decay momentum dropout entropy temperature gamma cooldown patience freeze reset swa "
    "start initial total every warmup bias distillation cycle k"
)
"""Words that make the alias after them mean something else: ``eval_batch_size``, ``layer_norm_eps``."""

# --- what the kinds of program are told by ------------------------------------------------------------------

BOOSTING = (
    "eta nrounds n_estimators num_boost_round max_depth num_leaves max_leaf_nodes subsample bagging_fraction "
    "colsample_bytree colsample_bylevel colsample_bynode feature_fraction min_child_weight min_child_samples "
    "reg_lambda lambda_l2 l2_regularization l2_leaf_reg booster iterations rate_drop skip_drop"
)
"""Aliases: two of them and a learning rate are boosting."""

NOT_BOOSTING = "momentum dropout batch_size width"
"""Meanings that boosting does not have."""

NETWORK = "momentum dropout batch_size num_layers width weight_decay epochs optimizer activation warmup"
"""Meanings: a learning rate and one of them, or two of them, are a network."""

FOREST = "min_leaf min_split cp"
"""Meanings: one of them, without a learning rate, is a forest or a tree."""

SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "reinforcement": "gae_lambda entropy value_loss clip_range learning_starts target_kl target_update "
        "exploration_share exploration_end",
        "fine_tuning": "lora_rank lora_alpha lora_dropout",
        "diffusion": "snr_gamma noise_schedule condition_dropout diffusion_steps",
        "word_vectors": "word_ngrams min_ngram max_ngram negative",
    }
)
"""Meanings by kind: one of them says it."""
