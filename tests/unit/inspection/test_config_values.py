"""inspection/config_values.py: what config files of several languages hold."""

from __future__ import annotations

import pytest

from scriptune.core.parameters import Scalar
from scriptune.inspection.config_values import Entry, entries_of, value_at

KNOWN = ("lr", "name")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "c.yaml",
            "optimizer:\n  lr: 1e-2\n  name: {name}\nmodel: {depth: 3, sizes: [8, 9]}\n"
            "run: 'r-{lr}'\namp: true  # on\n",
            {"optimizer.lr": 0.01, "model.depth": 3, "amp": True},
        ),
        (
            "c.json",
            '{"optimizer": {"lr": {lr}, "decay": 1e-4}, "tag": "{name}", "other": "{other}", "none": null}',
            {"optimizer.decay": 1e-4, "other": "{other}"},
        ),
        (
            "c.toml",
            'batch = 32\n[optimizer]\nlr = 0.01\nname = "{name}"\nmodel.depth = 3\n',
            {"batch": 32, "optimizer.lr": 0.01, "optimizer.model.depth": 3},
        ),
        (
            "c.ini",
            "C = 3 ; large\nc: 4\n[optimizer]\nlr = {lr}\ndecay = '0.1'\nflag\n",
            {"C": 3, "c": 4, "optimizer.decay": 0.1},
        ),
        ("c.unknown", "lr: 0.1\nname = 'adam'\nsizes: [1]\n", {"lr": 0.1, "name": "adam"}),
        ("c.yaml", "{% if gpu %}\nlr: 0.2\n{% endif %}\n", {"lr": 0.2}),
        ("c.json", "[1, 2]", {}),
        ("c.toml", "lr = 0.2\nlr = 0.3\n", {"lr": 0.3}),
    ],
)
def test_values_are_read_with_the_names_that_lead_to_them(name: str, text: str, expected: dict[str, Scalar]) -> None:
    assert {".".join(path): value for path, value in entries_of(text, name, KNOWN)} == expected


def test_a_long_file_is_read_by_its_lines() -> None:
    text = "optimizer:\n  lr: 0.1\n" + "# data\n" * 20_000
    assert entries_of(text, "c.yaml", KNOWN) == [(("lr",), 0.1)]


ENTRIES: list[Entry] = [
    (("actor", "lr"), 0.1),
    (("critic", "lr"), 0.2),
    (("lr",), 0.3),
    (("critic", "depth"), 3),
    (("old", "critic", "width"), 8),
]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("actor.lr", 0.1),
        ("critic.lr", 0.2),
        ("lr", 0.3),
        ("depth", 3),
        ("actor.depth", 3),
        ("critic.width", 8),
        ("other.lr", None),
        ("nothing", None),
    ],
)
def test_a_value_is_found_by_its_names_or_by_the_last_if_it_is_the_only_one(key: str, expected: Scalar | None) -> None:
    assert value_at(ENTRIES, key) == expected


def test_a_key_with_a_point_is_as_good_as_a_section() -> None:
    entries = entries_of("optimizer.lr: 0.1\n", "c.yaml", KNOWN)
    assert value_at(entries, "optimizer.lr") == value_at(entries, "lr") == 0.1


def test_two_values_of_a_name_are_none() -> None:
    assert value_at(ENTRIES[:2], "lr") is None
    assert value_at([(("a", "x", "lr"), 1), (("b", "x", "lr"), 2)], "x.lr") is None
