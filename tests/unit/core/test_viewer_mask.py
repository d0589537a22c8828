"""What a viewer is shown of any answer, and what stays as it is."""

from __future__ import annotations

from typing import Any

import pytest

from scriptune.core.job import MASK
from scriptune.core.viewer_mask import ViewerMask

DOCUMENT: dict[str, Any] = {
    "command": ["python", "train.py", "--password=hunt3r2222", "sh", "-c", "TOKEN=hunt3r3333 python x.py"],
    "parameters": {"api_key": {"value": "hunt3r4444"}, "lr": {"type": "float", "min": 0.0, "max": 1.0}},
    "run": {
        "env": {
            "JUST_A_NAME": "tell-tale-value-1",
            "SMALL": "v1.2",
            "WORD": "correcthorse",
            "STATE": "completed",
            "THREADS": "4",
            "WHERE": "/data/sets",
            "HOST": "127.0.0.1",
            "MY_SECRET": 'it\'s "quoted" ü',
            "DSN": "host=db password=hunt3r5555",
        }
    },
}
MASKED = ViewerMask([DOCUMENT])


@pytest.mark.parametrize(
    "text",
    [
        "hunt3r2222",
        "ValueError: hunt3r3333",
        "x-hunt3r4444-y",
        "password is hunt3r5555",
        "run tell-tale-value-1",
        "version v1.2 is too old",
        "unknown dataset correcthorse",
        "THREADS=4 python",
        "WHERE='/data/sets' python",
        'it\'s "quoted" ü',
        'said "it\'s \\"quoted\\" \\u00fc"',
        "https://x/?q=it%27s%20%22quoted%22%20%C3%BC",
    ],
)
def test_a_secret_of_the_job_is_masked_in_every_text(text: str) -> None:
    shown = MASKED.text(text)
    assert MASK in shown
    for value in ("hunt3r", "tell-tale", "v1.2", "correcthorse", "THREADS=4", "data/sets", "quoted"):
        assert value not in shown
    assert MASKED.text(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "completed",  # a state, though a variable has it as its value
        "correcthorse",  # a name
        "v1.2.3-beta",
        "4 of 20 trials",
        "/data/sets/cifar",
        "127.0.0.1",
        "The budget is used up (6 of 6 trials).",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    ],
)
def test_what_says_nothing_stays_as_it_is(text: str) -> None:
    assert MASKED.text(text) == text


@pytest.mark.parametrize("cut", [" ... ", "...", "…"])
def test_the_piece_of_a_secret_that_a_cut_has_left_is_masked(cut: str) -> None:
    assert MASKED.text(f"a tell-tale-v{cut}b") == f"a {MASK}{cut}b"
    assert MASKED.text(f"a{cut}le-value-1 b") == f"a{cut}{MASK} b"
    assert MASKED.text(f"an end{cut}of a line") == f"an end{cut}of a line"


def test_lines_of_a_key_are_masked_one_by_one() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEow-first-line\nsecond-line-of-it\n-----END PRIVATE KEY-----"
    shown = ViewerMask([{"run": {"env": {"KEY": key}}}]).text("Ended.\n  | MIIEow-first-line\n  | second-line-of-it")
    assert shown == f"Ended.\n  | {MASK}\n  | {MASK}"


def test_plain_data_are_masked_by_the_names_of_their_entries() -> None:
    shown = MASKED.json(
        {
            "env": {"A": "x", "B": "y"},
            "environments": {"C": "z"},
            "params": {"api_key": "short", "pin": 12, "token": 123456, "max_tokens": 512, "lr": 0.1},
            "parameters": [{"name": "api_key", "value": "short"}, {"name": "lr", "value": "0.1"}],
            "columns": {"api_key": ["a", "b", None]},
            "metrics": {"loss": {"regex": r"token=(\S+)"}},
            "flag": None,
        }
    )
    assert shown == {
        "env": {"A": MASK, "B": MASK},
        "environments": {"C": MASK},
        "params": {"api_key": MASK, "pin": 12, "token": MASK, "max_tokens": 512, "lr": 0.1},
        "parameters": [{"name": "api_key", "value": MASK}, {"name": "lr", "value": "0.1"}],
        "columns": {"api_key": [MASK, MASK, None]},
        "metrics": {"loss": {"regex": r"token=(\S+)"}},
        "flag": None,
    }


def test_without_a_job_what_looks_like_a_secret_is_masked_all_the_same() -> None:
    token = "ghp_" + "a1B2" * 9
    assert ViewerMask().json(["plain", f"said {token}", {"x": "DB_PASSWORD=abc"}]) == [
        "plain",
        f"said {MASK}",
        {"x": f"DB_PASSWORD={MASK}"},
    ]
