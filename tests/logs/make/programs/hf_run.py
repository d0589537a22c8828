"""Hugging Face Trainer: a tiny model with random weights on generated sequences."""

import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification, EarlyStoppingCallback, Trainer, TrainingArguments
from transformers.utils import logging as hf_logging

style = sys.argv[1]
torch.manual_seed(0)
rng = np.random.default_rng(0)


class Points(torch.utils.data.Dataset):
    def __init__(self, n):
        self.x = rng.integers(1, 40, size=(n, 10))
        self.y = (self.x[:, :5].sum(1) > self.x[:, 5:].sum(1)).astype(int)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return {
            "input_ids": torch.tensor(self.x[i]),
            "attention_mask": torch.ones(10, dtype=torch.long),
            "labels": int(self.y[i]),
        }


config = BertConfig(
    vocab_size=50,
    hidden_size=16,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=16,
    max_position_embeddings=16,
)
if style == "info":
    hf_logging.set_verbosity_info()
args = TrainingArguments(
    "out",
    num_train_epochs=3,
    per_device_train_batch_size=32,
    logging_steps=4,
    eval_strategy="no" if style == "train" else "epoch",
    save_strategy="epoch" if style == "best" else "no",
    report_to=[],
    use_cpu=True,
    learning_rate=2e-3,
    seed=1,
    disable_tqdm=style in ("plain", "info", "train", "metrics"),
    load_best_model_at_end=style == "best",
    metric_for_best_model="accuracy" if style == "best" else None,
)
trainer = Trainer(
    model=BertForSequenceClassification(config),
    args=args,
    train_dataset=Points(256),
    eval_dataset=Points(64),
    compute_metrics=lambda p: {"accuracy": (p.predictions.argmax(-1) == p.label_ids).mean(), "f1": np.float64(0.5)},
    callbacks=[EarlyStoppingCallback(2)] if style == "best" else [],
)
result = trainer.train()
if style == "metrics":
    trainer.log_metrics("train", result.metrics)
    trainer.log_metrics("eval", trainer.evaluate())
if style == "history":
    for row in trainer.state.log_history[-3:]:
        print(row)
