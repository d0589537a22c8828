"""The options of well-known training programs: names, types, defaults, and what each name means.

One option a line: flag, type (or choices), default, meaning; ``-`` for none. The programs are described from their
documentation, not copied; what matters here is what people call their parameters.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

__all__ = ["SCRIPTS", "ScriptOption", "help_of", "options_of"]

SCRIPTS = {
    "pytorch_mnist": """
        --batch-size int 64 batch_size
        --test-batch-size int 1000 -
        --epochs int 14 epochs
        --lr float 1.0 learning_rate
        --gamma float 0.7 gamma
        --no-accel switch - -
        --dry-run switch - -
        --seed int 1 -
        --log-interval int 10 -
        --save-model switch - -
    """,
    "pytorch_imagenet": """
        --arch str resnet18 -
        --workers int 4 -
        --epochs int 90 epochs
        --start-epoch int 0 -
        --batch-size int 256 batch_size
        --lr float 0.1 learning_rate
        --momentum float 0.9 momentum
        --weight-decay float 0.0001 weight_decay
        --print-freq int 10 -
        --world-size int -1 -
        --rank int -1 -
        --dist-backend str nccl -
        --gpu int - -
    """,
    "pytorch_word_language_model": """
        --data str ./data/wikitext-2 -
        --model str LSTM -
        --emsize int 200 width
        --nhid int 200 width
        --nlayers int 2 num_layers
        --lr float 20 learning_rate
        --clip float 0.25 clip
        --epochs int 40 epochs
        --batch-size int 20 batch_size
        --bptt int 35 -
        --dropout float 0.2 dropout
        --tied switch - -
        --nhead int 2 num_heads
        --log-interval int 200 -
    """,
    "pytorch_dcgan": """
        --dataroot str - -
        --workers int 2 -
        --batchSize int 64 batch_size
        --imageSize int 64 -
        --nz int 100 latent_size
        --ngf int 64 channels
        --ndf int 64 channels
        --niter int 25 -
        --lr float 0.0002 learning_rate
        --beta1 float 0.5 beta1
        --manualSeed int - -
    """,
    "timm_train": """
        --model str resnet50 -
        --num-classes int - -
        --img-size int - -
        --batch-size int 128 batch_size
        --validation-batch-size int - -
        --opt str sgd optimizer
        --opt-eps float - eps
        --momentum float 0.9 momentum
        --weight-decay float 2e-05 weight_decay
        --clip-grad float - clip
        --layer-decay float - layer_decay
        --sched str cosine schedule
        --lr float - learning_rate
        --lr-base float 0.1 -
        --lr-noise-pct float 0.67 -
        --lr-cycle-mul float 1.0 -
        --warmup-lr float 1e-05 lr_start
        --min-lr float 0 lr_min
        --epochs int 300 epochs
        --decay-epochs float 90 -
        --warmup-epochs int 5 warmup_epochs
        --cooldown-epochs int 0 -
        --patience-epochs int 10 -
        --decay-rate float 0.1 lr_factor
        --hflip float 0.5 -
        --color-jitter float 0.4 -
        --reprob float 0.0 random_erasing
        --recount int 1 -
        --mixup float 0.0 mixup
        --cutmix float 0.0 cutmix
        --mixup-prob float 1.0 -
        --mixup-switch-prob float 0.5 -
        --smoothing float 0.1 label_smoothing
        --train-interpolation str random -
        --drop float 0.0 dropout
        --drop-path float - drop_path
        --bn-momentum float - norm_momentum
        --bn-eps float - -
        --model-ema switch - -
        --model-ema-decay float 0.9998 ema_decay
        --log-interval int 50 -
        --checkpoint-hist int 10 -
    """,
    "deit": """
        --batch-size int 64 batch_size
        --epochs int 300 epochs
        --input-size int 224 -
        --drop float 0.0 dropout
        --drop-path float 0.1 drop_path
        --opt-betas float - -
        --weight-decay float 0.05 weight_decay
        --lr float 0.0005 learning_rate
        --warmup-lr float 1e-06 lr_start
        --min-lr float 1e-05 lr_min
        --smoothing float 0.1 label_smoothing
        --distillation-alpha float 0.5 -
        --distillation-tau float 1.0 -
        --repeated-aug switch - -
    """,
    "hf_run_glue": """
        --model_name_or_path str - -
        --max_seq_length int 128 -
        --per_device_train_batch_size int 8 batch_size
        --per_device_eval_batch_size int 8 -
        --gradient_accumulation_steps int 1 accumulation
        --learning_rate float 5e-05 learning_rate
        --weight_decay float 0.0 weight_decay
        --adam_beta1 float 0.9 beta1
        --adam_beta2 float 0.999 beta2
        --adam_epsilon float 1e-08 eps
        --max_grad_norm float 1.0 clip
        --num_train_epochs float 3.0 epochs
        --max_steps int -1 -
        --lr_scheduler_type {linear,cosine,constant} linear schedule
        --warmup_ratio float 0.0 warmup
        --warmup_steps int 0 warmup_steps
        --logging_steps int 500 -
        --save_total_limit int - -
        --eval_delay float 0 -
        --label_smoothing_factor float 0.0 -
        --seed int 42 -
    """,
    "hf_lora_sft": """
        --learning_rate float 0.0002 learning_rate
        --num_train_epochs float 1 epochs
        --per_device_train_batch_size int 2 batch_size
        --lora_r int 16 lora_rank
        --lora_alpha int 32 lora_alpha
        --lora_dropout float 0.05 lora_dropout
        --max_length int 1024 -
        --load_in_4bit switch - -
        --optim {adamw_torch,adafactor,paged_adamw_8bit} adamw_torch optimizer
        --warmup_ratio float 0.03 warmup
    """,
    "trl_dpo": """
        --beta float 0.1 dpo_beta
        --loss_type {sigmoid,hinge,ipo} sigmoid -
        --learning_rate float 5e-07 learning_rate
        --num_train_epochs float 1 epochs
        --max_prompt_length int 512 -
        --label_smoothing float 0.0 label_smoothing
        --gradient_checkpointing switch - -
    """,
    "nanogpt": """
        --batch_size int 12 batch_size
        --block_size int 1024 -
        --n_layer int 12 num_layers
        --n_head int 12 num_heads
        --n_embd int 768 width
        --dropout float 0.0 dropout
        --learning_rate float 0.0006 learning_rate
        --max_iters int 600000 -
        --weight_decay float 0.1 weight_decay
        --beta1 float 0.9 beta1
        --beta2 float 0.95 beta2
        --grad_clip float 1.0 clip
        --warmup_iters int 2000 warmup_steps
        --lr_decay_iters int 600000 -
        --min_lr float 6e-05 lr_min
        --eval_interval int 2000 -
        --eval_iters int 200 -
    """,
    "fairseq": """
        --arch str transformer -
        --encoder-layers int 6 num_layers
        --encoder-embed-dim int 512 width
        --encoder-ffn-embed-dim int 2048 ffn_width
        --encoder-attention-heads int 8 num_heads
        --dropout float 0.1 dropout
        --attention-dropout float 0.1 dropout
        --label-smoothing float 0.1 label_smoothing
        --lr float 0.0005 learning_rate
        --warmup-updates int 4000 warmup_steps
        --warmup-init-lr float 1e-07 lr_start
        --clip-norm float 0.0 clip
        --weight-decay float 0.0001 weight_decay
        --max-tokens int 4096 -
        --update-freq int 1 -
        --adam-eps float 1e-08 eps
        --max-epoch int 0 epochs
    """,
    "lightning": """
        --max_epochs int 100 epochs
        --gradient_clip_val float 0.0 clip
        --accumulate_grad_batches int 1 accumulation
        --model.learning_rate float 0.001 learning_rate
        --model.hidden_dim int 128 width
        --model.dropout float 0.1 dropout
        --optimizer.weight_decay float 0.01 weight_decay
        --data.batch_size int 32 batch_size
        --data.num_workers int 4 -
        --check_val_every_n_epoch int 1 -
        --limit_val_batches float 1.0 -
    """,
    "yolo": """
        --lr0 float 0.01 learning_rate
        --lrf float 0.01 -
        --momentum float 0.937 momentum
        --weight_decay float 0.0005 weight_decay
        --warmup_epochs float 3.0 warmup_epochs
        --warmup_momentum float 0.8 -
        --warmup_bias_lr float 0.1 -
        --box float 7.5 -
        --hsv_h float 0.015 -
        --mosaic float 1.0 -
        --mixup float 0.0 mixup
        --imgsz int 640 -
        --batch int 16 batch_size
        --epochs int 100 epochs
        --dropout float 0.0 dropout
    """,
    "diffusers_text_to_image": """
        --resolution int 512 -
        --train_batch_size int 16 batch_size
        --num_train_epochs int 100 epochs
        --learning_rate float 0.0001 learning_rate
        --lr_scheduler {linear,cosine,constant} constant schedule
        --lr_warmup_steps int 500 warmup_steps
        --snr_gamma float - snr_gamma
        --adam_beta1 float 0.9 beta1
        --adam_beta2 float 0.999 beta2
        --adam_weight_decay float 0.01 weight_decay
        --adam_epsilon float 1e-08 eps
        --max_grad_norm float 1.0 clip
        --noise_offset float 0 -
        --rank int 4 -
        --checkpointing_steps int 500 -
    """,
    "improved_diffusion": """
        --lr float 0.0001 learning_rate
        --weight_decay float 0.0 weight_decay
        --lr_anneal_steps int 0 -
        --batch_size int 1 batch_size
        --microbatch int -1 -
        --ema_rate float 0.9999 ema_decay
        --num_channels int 128 channels
        --num_res_blocks int 2 -
        --num_heads int 4 num_heads
        --num_heads_upsample int -1 -
        --dropout float 0.0 dropout
        --diffusion_steps int 1000 diffusion_steps
        --noise_schedule {linear,cosine} linear noise_schedule
    """,
    "cleanrl_ppo": """
        --learning-rate float 0.00025 learning_rate
        --num-envs int 4 num_envs
        --num-steps int 128 rollout
        --gamma float 0.99 gamma
        --gae-lambda float 0.95 gae_lambda
        --num-minibatches int 4 -
        --update-epochs int 4 epochs
        --clip-coef float 0.2 clip_range
        --ent-coef float 0.01 entropy
        --vf-coef float 0.5 value_loss
        --max-grad-norm float 0.5 clip
        --target-kl float - target_kl
        --total-timesteps int 500000 -
    """,
    "sb3_dqn": """
        --learning_rate float 0.0001 learning_rate
        --buffer_size int 1000000 buffer_size
        --learning_starts int 100 learning_starts
        --batch_size int 32 batch_size
        --tau float 1.0 tau
        --gamma float 0.99 gamma
        --train_freq int 4 train_freq
        --gradient_steps int 1 -
        --target_update_interval int 10000 target_update
        --exploration_fraction float 0.1 exploration_share
        --exploration_final_eps float 0.05 exploration_end
        --exploration_initial_eps float 1.0 exploration_start
    """,
    "xgboost_cli": """
        --eta float 0.3 learning_rate
        --gamma float 0.0 gamma
        --max_depth int 6 max_depth
        --min_child_weight float 1.0 min_child_weight
        --subsample float 1.0 subsample
        --colsample_bytree float 1.0 colsample
        --lambda float 1.0 reg_l2
        --alpha float 0.0 alpha
        --num_boost_round int 100 rounds
        --max_bin int 256 max_bin
        --tree_method {hist,exact,approx} hist -
        --scale_pos_weight float 1.0 -
        --early_stopping_rounds int 20 -
        --max_delta_step float 0 -
    """,
    "xgboost_dart": """
        --booster {gbtree,dart} gbtree booster
        --learning_rate float 0.3 learning_rate
        --max_depth int 6 max_depth
        --rate_drop float 0.0 tree_dropout
        --skip_drop float 0.0 skip_dropout
    """,
    "lightgbm_cli": """
        --num_leaves int 31 num_leaves
        --learning_rate float 0.1 learning_rate
        --num_iterations int 100 rounds
        --max_depth int -1 max_depth
        --min_data_in_leaf int 20 min_leaf
        --min_sum_hessian_in_leaf float 0.001 min_child_weight
        --bagging_fraction float 1.0 subsample
        --bagging_freq int 0 bagging_freq
        --feature_fraction float 1.0 colsample
        --lambda_l1 float 0.0 reg_l1
        --lambda_l2 float 0.0 reg_l2
        --min_gain_to_split float 0.0 min_gain
        --boosting {gbdt,dart,rf} gbdt booster
        --max_bin int 255 max_bin
        --num_threads int 0 -
        --verbosity int 1 -
    """,
    "catboost_fit": """
        --iterations int 1000 rounds
        --learning-rate float 0.03 learning_rate
        --depth int 6 depth
        --l2-leaf-reg float 3.0 reg_l2
        --random-strength float 1.0 random_strength
        --bagging-temperature float 1.0 bagging_temperature
        --border-count int 254 max_bin
        --rsm float 1.0 colsample
        --od-wait int 20 -
        --thread-count int -1 -
    """,
    "sklearn_forest": """
        --n-estimators int 100 rounds
        --max-depth int 10 max_depth
        --min-samples-split int 2 min_split
        --min-samples-leaf int 1 min_leaf
        --max-features float 0.5 colsample
        --ccp-alpha float 0.0 cp
        --criterion {gini,entropy} gini -
        --n-jobs int -1 -
        --random-state int 0 -
    """,
    "svm": """
        --C float 1.0 C
        --gamma float 0.1 gamma
        --kernel {linear,poly,rbf} rbf kernel
        --degree int 3 degree
        --tol float 0.001 tol
        --cache-size float 200 -
        --folds int 5 -
    """,
    "sklearn_sgd": """
        --loss {hinge,log_loss} hinge -
        --penalty {l2,l1,elasticnet} l2 -
        --alpha float 0.0001 alpha
        --l1-ratio float 0.15 l1_ratio
        --eta0 float 0.01 eta0
        --power-t float 0.5 power_t
        --max-iter int 1000 rounds
        --early-stopping switch - -
    """,
    "fasttext": """
        --lr float 0.1 learning_rate
        --dim int 100 -
        --ws int 5 window
        --epoch int 5 epochs
        --minCount int 1 min_count
        --neg int 5 negative
        --wordNgrams int 1 word_ngrams
        --bucket int 2000000 -
        --minn int 0 min_ngram
        --maxn int 0 max_ngram
        --lrUpdateRate int 100 -
        --thread int 4 -
    """,
    "spacy_train": """
        --training.dropout float 0.1 dropout
        --training.optimizer.learn_rate float 0.001 learning_rate
        --training.optimizer.L2 float 0.01 weight_decay
        --training.optimizer.grad_clip float 1.0 clip
        --training.patience int 1600 -
        --training.max_steps int 20000 -
        --training.eval_frequency int 200 -
        --components.tok2vec.model.encode.width int 96 width
        --components.tok2vec.model.encode.depth int 4 depth
        --components.tok2vec.model.encode.maxout_pieces int 3 maxout_pieces
    """,
}


@dataclass(frozen=True)
class ScriptOption:
    """One option of a training program."""

    flag: str
    kind: str
    default: str
    meaning: str | None


def options_of(script: str) -> list[ScriptOption]:
    """The options of a program, with the meaning that each name has."""
    rows = (line.split() for line in SCRIPTS[script].splitlines() if line.strip())
    return [
        ScriptOption(flag, kind, default, None if meaning == "-" else meaning) for flag, kind, default, meaning in rows
    ]


def help_of(script: str) -> str:
    """The ``--help`` of a program with these options, as argparse writes it."""
    parser = argparse.ArgumentParser(prog=script, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    types = {"int": int, "float": float, "str": str}
    for option in options_of(script):
        if option.kind == "switch":
            parser.add_argument(option.flag, action="store_true", help="off unless given")
            continue
        choices = option.kind.strip("{}").split(",") if option.kind.startswith("{") else None
        kind = types.get(option.kind, str)
        default = None if option.default == "-" else kind(option.default)
        metavar = None if choices else option.kind.upper()
        parser.add_argument(
            option.flag, type=kind, default=default, choices=choices, metavar=metavar, help="of the training"
        )
    return parser.format_help()
