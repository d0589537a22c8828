r"""What a metric is called, and which way it is good, when nobody has said so: from the text before its number.

val_acc=([0-9.]+)             val_acc
epoch \d+ val loss: (\S+)     val_loss
([0-9.]+)                     metric
"""

from __future__ import annotations

import re

__all__ = ["DEFAULT_NAME", "goal_of_name", "name_before", "name_in_regex", "text_before_value"]

DEFAULT_NAME = "metric"
"""Of a metric that has no word before its number."""

# `val loss` and `train loss` are two metrics.
_WORD = re.compile(
    r"(?:\b(?:train|training|val|valid|validation|eval|test|dev)\s+)?[^\W\d_](?:[\w/-]*\w)?", re.IGNORECASE
)
_NOT_IN_NAMES = re.compile(r"\W+")

_MARK = re.compile(
    r"""
      \\Q(?P<quoted>.*?)(?:\\E|$)
    | \\x\{(?P<long>[0-9A-Fa-f]{1,6})\} | \\x(?P<hex>[0-9A-Fa-f]{2}) | \\u(?P<unicode>[0-9A-Fa-f]{4})
    | \\[pP](?:\{[^}]*\}|.) | \\k<\w+> | \\(?P<escaped>.)
    | (?P<class>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])
    | \(\?\#[^)]*\) | \(\?P[=>]\w+\) | (?P<flags>\(\?[a-zA-Z-]+\))
    | (?P<look>\(\?<?[=!])
    | \((?:\?P?<(?P<name>\w+)>|(?P<plain>(?!\?)))
    | (?P<group>\(\?[a-zA-Z-]*:|\(\?>)
    | (?P<close>\)) | (?P<bar>\|)
    | (?P<count>\{\d*,?\d*\}[?+]?|[*+?]) | (?P<gap>[.^$])
    | (?P<text>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_NO_TEXT = frozenset("AbBCdDGhHKNRsSvVwWXzZ123456789")  # escapes that stand for no character of their own
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b", "0": "\0"}


def name_before(text: str) -> str:
    """The last word of a text as a metric's name; `DEFAULT_NAME` without a word."""
    words = _WORD.findall(text)
    return (_NOT_IN_NAMES.sub("_", words[-1]).strip("_") if words else "") or DEFAULT_NAME


def name_in_regex(regex: str) -> str:
    """What a regex calls its number: the last word of the text that it names before the captured group."""
    return name_before(text_before_value(regex))


def text_before_value(regex: str) -> str:
    """The letters that a regex looks for before its value, and blanks for all else."""
    value_is_named = re.search(r"(?<!\\)\(\?P?<value>", regex) is not None
    text = ""
    groups: list[tuple[int, bool]] = []  # where each open group began, and whether it is left out
    for mark in _MARK.finditer(regex):
        kind = mark.lastgroup
        if kind in ("plain", "name"):
            name = mark["name"]
            if name == "value" or (not value_is_named and name != "step"):
                return text
            groups.append((len(text), True))
        elif kind in ("group", "look"):
            groups.append((len(text), kind == "look"))
        elif kind == "close" and groups:
            start, is_left_out = groups.pop()
            text = text[:start] + " " if is_left_out else text
        elif kind == "bar":
            # Of alternatives in a group, none is the name; at the top, the value is in one that follows.
            start, _ = groups[-1] if groups else (0, False)
            text = text[:start] + " "
            if groups:
                groups[-1] = (start, True)
        elif kind != "count":
            text += _characters(mark)
    return text


def _characters(mark: re.Match[str]) -> str:
    """What a piece of a regex stands for, when that is certain."""
    if mark["quoted"] is not None:
        return mark["quoted"]
    digits = mark["long"] or mark["hex"] or mark["unicode"]
    if digits is not None:
        return chr(int(digits, 16)) if int(digits, 16) < 0x110000 else " "
    if mark["escaped"] is not None:
        return " " if mark["escaped"] in _NO_TEXT else _CONTROLS.get(mark["escaped"], mark["escaped"])
    if mark["flags"] is not None:
        return ""
    return mark["text"] if mark["text"] is not None else " "


# --- which way is good ---------------------------------------------------------------------------------------

_UP = frozenset(
    """
    acc accuracy accuracies auc auroc auprc roc f1 f2 fbeta score precision recall sensitivity specificity r2 bleu rouge
    meteor map ap iou miou dice ndcg mrr reward return hit hits psnr ssim corr correlation pearson spearman kappa mcc
    gain win wins winrate throughput speedup em exact jaccard purity silhouette fps
    准确率 准确度 精度 精确率 召回率 得分 奖励 回报
    """.split()  # noqa: SIM905  # a list would take fifty lines
)
_DOWN = frozenset(
    """
    loss losses err error errors mse mae rmse mape smape msle rmsle mase perplexity ppl nll cost distance dist time
    latency duration seconds wer cer ter fid kid regret deviance bpc bpb entropy crossentropy logloss ce bce kl
    divergence brier ece fpr fnr elbo_loss rank_loss eer residual violation violations overhead memory
    损失 误差 错误率 错误 时间 困惑度 延迟
    """.split()  # noqa: SIM905
)
# Words that say where or how a metric was taken; before them stands what it is.
_SIDE_WORDS = frozenset(
    """
    train training val valid validation eval evaluation test dev best mean avg average median std min max total sum ema
    micro macro weighted overall final last epoch step batch percent pct at k ms s sec secs us
    """.split()  # noqa: SIM905
)
# Two or three words that mean something else than the last one alone.
_PAIRS = {
    "error rate": "minimize",
    "success rate": "maximize",
    "win rate": "maximize",
    "hit rate": "maximize",
    "cross entropy": "minimize",
    "log loss": "minimize",
    "log likelihood": "maximize",
    "neg log likelihood": "minimize",
    "negative log likelihood": "minimize",
    "explained variance": "maximize",
    "r squared": "maximize",
    "cosine similarity": "maximize",
}
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|\d+")


def goal_of_name(name: str) -> str | None:
    """``maximize`` or ``minimize``, as a metric's name says; None when it does not.

    Names are split into words (snake case, camel case, dots), and the last word that says what is measured decides:
    ``flower_acc`` is an accuracy though it holds "low", ``brier_score`` an error.
    """
    words = _words(name)
    while words and (words[-1] in _SIDE_WORDS or words[-1].isdigit()):
        words.pop()
    for n in (3, 2):
        if len(words) >= n and (goal := _PAIRS.get(" ".join(words[-n:]))) is not None:
            return goal
    if not words:
        return None
    last = words[-1]
    if last == "score" and len(words) > 1 and words[-2] in _DOWN:
        return "minimize"  # a Brier score, an FID score
    if len(words) > 1 and words[-2] in ("neg", "negative") and (last in _UP or last in _DOWN):
        return "minimize" if last in _UP else "maximize"
    if last in _UP:
        return "maximize"
    return "minimize" if last in _DOWN else None


def _words(name: str) -> list[str]:
    """The words of a name, in lower case; digits stay with a word that is known so: ``f1``, ``r2``."""
    pieces = re.split(r"[\W_]+", name)
    words: list[str] = []
    for piece in filter(None, pieces):
        whole = piece.lower()
        if whole in _UP or whole in _DOWN or whole in _SIDE_WORDS:
            words.append(whole)
            continue
        for part in _CAMEL.findall(piece):
            joined = words[-1] + part if words and part.isdigit() else ""
            if joined and (joined in _UP or joined in _DOWN):
                words[-1] = joined
            else:
                words.append(part.lower())
    return words
