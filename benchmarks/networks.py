"""Small neural networks in numpy, as training programs to be tuned: fully connected, and bags of word vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from training_data import Fold

__all__ = ["softmax", "train_network", "train_word_vectors"]

Array = npt.NDArray[Any]
_EPSILON = 1e-8  # of Adam: keeps its step finite where gradients are zero


def softmax(scores: Array) -> Array:
    """Probabilities, ``(n, classes)``."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


_ACTIVATIONS = {
    "relu": (lambda z: np.maximum(z, 0.0), lambda a: a > 0.0),
    "tanh": (np.tanh, lambda a: 1.0 - a * a),
    "sigmoid": (lambda z: 1.0 / (1.0 + np.exp(-np.clip(z, -500.0, 500.0))), lambda a: a * (1.0 - a)),
}


def train_network(
    fold: Fold,
    *,
    hidden: Sequence[int],
    lr: float,
    epochs: int = 10,
    batch_size: int = 32,
    optimizer: str = "adam",
    momentum: float = 0.0,
    nesterov: bool = False,
    beta1: float = 0.9,
    beta2: float = 0.999,
    weight_decay: float = 0.0,
    dropout: float = 0.0,
    activation: str = "relu",
    label_smoothing: float = 0.0,
    lr_decay: float = 1.0,
    warmup: float = 0.0,
    clip_norm: float | None = None,
) -> Array:
    """Train with a fixed seed; return predictions for the fold's validation rows.

    Whole-numbered targets are classes, and the answer holds their probabilities; others are standardised, learnt by
    squared error, and predicted in their own unit. A training that diverges gives NaN or huge predictions.

    Args:
        fold: The data.
        hidden: Widths of the hidden layers.
        lr: Step size, multiplied by ``lr_decay`` after each epoch.
        epochs, batch_size: Length of training.
        optimizer: ``sgd`` (with ``momentum`` and ``nesterov``), ``adam`` or ``rmsprop`` (with ``beta2``).
        momentum, nesterov, beta1, beta2: Of the optimizer.
        weight_decay: Decoupled from Adam's step; an L2 term for the others.
        dropout: Share of hidden units that a step leaves out.
        activation: A key of _ACTIVATIONS.
        label_smoothing: Share of a label that is spread over all classes.
        lr_decay: See ``lr``.
        warmup: Share of all steps over which the step size grows to ``lr``.
        clip_norm: Largest norm of a gradient.
    """
    rng = np.random.default_rng(0)
    is_classes = fold.y.dtype.kind == "i"
    if is_classes:
        n_classes = int(max(fold.y.max(), fold.y_valid.max())) + 1
        target = np.eye(n_classes)[fold.y] * (1 - label_smoothing) + label_smoothing / n_classes
        centre, scale = 0.0, 1.0
    else:
        centre, scale = float(fold.y.mean()), float(fold.y.std())
        target = ((fold.y - centre) / scale)[:, None]
    act, slope = _ACTIVATIONS[activation]
    widths = [fold.x.shape[1], *hidden, target.shape[1]]
    gain = 2.0 if activation == "relu" else 1.0
    weights = [rng.standard_normal((a, b)) * np.sqrt(gain / a) for a, b in pairwise(widths)]
    weights += [np.zeros(b) for b in widths[1:]]  # the biases
    n_layers = len(widths) - 1
    first = [np.zeros_like(w) for w in weights]
    second = [np.zeros_like(w) for w in weights]
    n, step = len(fold.x), 0
    n_steps = epochs * -(-n // batch_size)
    with np.errstate(all="ignore"):  # a step size that is too large overflows, as it does in real programs
        for epoch in range(epochs):
            order = rng.permutation(n)
            for begin in range(0, n, batch_size):
                rows = order[begin : begin + batch_size]
                step += 1
                outputs, masks = [fold.x[rows]], []
                for k in range(n_layers - 1):
                    a = act(outputs[-1] @ weights[k] + weights[n_layers + k])
                    masks.append((rng.random(a.shape) >= dropout) / (1.0 - dropout) if dropout else None)
                    outputs.append(a if masks[-1] is None else a * masks[-1])
                scores = outputs[-1] @ weights[n_layers - 1] + weights[-1]
                delta = ((softmax(scores) if is_classes else scores) - target[rows]) / len(rows)
                gradients: list[Array] = [np.empty(0)] * len(weights)
                for k in range(n_layers - 1, -1, -1):
                    gradients[k], gradients[n_layers + k] = outputs[k].T @ delta, delta.sum(axis=0)
                    if k:
                        delta = delta @ weights[k].T
                        mask = masks[k - 1]
                        if mask is None:
                            delta = delta * slope(outputs[k])
                        else:
                            kept = outputs[k] * (1.0 - dropout)  # the activation where it was kept
                            delta = delta * mask * slope(kept)
                if clip_norm is not None:
                    norm = np.sqrt(sum(float((g * g).sum()) for g in gradients))
                    gradients = [g * min(1.0, clip_norm / (norm + 1e-12)) for g in gradients]
                rate = lr * lr_decay**epoch * min(1.0, step / (warmup * n_steps) if warmup else 1.0)
                for j, g in enumerate(gradients):
                    w, decay = weights[j], weight_decay if j < n_layers else 0.0
                    if optimizer == "sgd":
                        g = g + decay * w
                        first[j] = momentum * first[j] + g
                        weights[j] = w - rate * (g + momentum * first[j] if nesterov else first[j])
                    elif optimizer == "rmsprop":
                        g = g + decay * w
                        second[j] = beta2 * second[j] + (1 - beta2) * g * g
                        weights[j] = w - rate * g / (np.sqrt(second[j]) + _EPSILON)
                    else:
                        first[j] = beta1 * first[j] + (1 - beta1) * g
                        second[j] = beta2 * second[j] + (1 - beta2) * g * g
                        moved = first[j] / (1 - beta1**step) / (np.sqrt(second[j] / (1 - beta2**step)) + _EPSILON)
                        weights[j] = w - rate * (moved + decay * w)
        a = fold.x_valid
        for k in range(n_layers - 1):
            a = act(a @ weights[k] + weights[n_layers + k])
        scores = a @ weights[n_layers - 1] + weights[-1]
        return softmax(scores) if is_classes else scores[:, 0] * scale + centre


def train_word_vectors(
    data: tuple[list[str], Array, list[str], Array],
    *,
    lr: float,
    dim: int,
    epoch: int,
    word_ngrams: int,
    min_count: int,
) -> Array:
    """Classify texts by the mean of vectors of their words, learnt text by text as fastText does.

    The step size falls linearly from ``lr`` to 0. Returns probabilities for the validation texts.
    """
    texts, labels, texts_valid, _ = data
    rng = np.random.default_rng(0)
    counts = Counter(gram for text in texts for gram in _grams(text, word_ngrams))
    index = {gram: i for i, gram in enumerate(sorted(gram for gram, count in counts.items() if count >= min_count))}
    ids = [
        np.unique(np.array([index[g] for g in _grams(text, word_ngrams) if g in index], dtype=int), return_counts=True)
        for text in texts
    ]
    vectors = rng.uniform(-1.0 / dim, 1.0 / dim, (len(index), dim))
    out = np.zeros((dim, int(labels.max()) + 1))
    total, done = epoch * len(texts), 0
    with np.errstate(all="ignore"):
        for _ in range(epoch):
            for row in rng.permutation(len(texts)):
                rate = lr * (1 - done / total)
                done += 1
                words, repeats = ids[row]
                if not len(words):
                    continue
                mean = repeats @ vectors[words] / repeats.sum()
                delta = softmax(mean @ out)
                delta[labels[row]] -= 1.0
                pull = out @ delta
                out -= rate * np.outer(mean, delta)
                vectors[words] -= np.outer(rate * repeats, pull)  # fastText adds the whole gradient to each word
        answers = np.zeros((len(texts_valid), out.shape[1]))
        for i, text in enumerate(texts_valid):
            words = [index[g] for g in _grams(text, word_ngrams) if g in index]
            answers[i] = softmax((vectors[words].mean(axis=0) if words else np.zeros(dim)) @ out)
    return answers


def _grams(text: str, n: int) -> list[str]:
    words = text.split()
    return [" ".join(words[i : i + k]) for k in range(1, n + 1) for i in range(len(words) - k + 1)]
