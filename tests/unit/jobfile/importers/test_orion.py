"""Command lines, templates and configurations of Oríon as job files."""

from __future__ import annotations

from typing import Any

import pytest

from imported import codes, imported
from scriptune.errors import JobFileError
from scriptune.jobfile.importers import import_description


def test_a_command_line_is_a_search_with_a_placeholder_for_each_prior() -> None:
    draft = imported(
        "orion hunt --enable-evc -n digits --max-trials 50 --n-workers 4 \\\n"
        "  python main.py train.yaml --lr~'loguniform(1e-5, 1.0)' --layers~'uniform(1, 4, discrete=True)' \\\n"
        '  --out {trial.working_dir} \'orion~choices(["a", "b"])\' --momentum~-\n',
        "orion",
    )
    assert draft.document["command"] == [
        *("python", "main.py", "train.yaml", "--lr", "{lr}", "--layers", "{layers}", "--out", "{trial_dir}", "{arg1}")
    ]
    assert draft.document["parameters"] == {
        "lr": {"type": "float", "min": 1e-5, "max": 1.0, "log": True},
        "layers": {"type": "int", "min": 1, "max": 4},
        "arg1": {"type": "categorical", "values": ["a", "b"]},
    }
    assert (draft.document["name"], draft.document["search"]["trials"]) == ("digits", 50)
    assert draft.document["run"] == {"parallel": 4}
    assert {"import.version_mark", "import.pushed_metric"} <= codes(draft, "impossible")


@pytest.mark.parametrize(
    ("prior", "expected"),
    [
        ("uniform(0, 1)", {"type": "float", "min": 0, "max": 1}),
        ("reciprocal(1, 100)", {"type": "float", "min": 1, "max": 100, "log": True}),
        (
            "+loguniform(1e-3, 1, default_value=0.1)",
            {"type": "float", "min": 1e-3, "max": 1, "log": True, "default": 0.1},
        ),
        ("randint(1, 10)", {"type": "int", "min": 1, "max": 9}),
        ("gaussian(0, 2)", {"type": "float", "min": -6.0, "max": 6.0}),
        ("choices({'a': 0.9, 'b': 0.1})", {"type": "categorical", "values": ["a", "b"]}),
        ("choices(1, 2, 4)", {"type": "categorical", "values": [1, 2, 4]}),
        ("fidelity(1, 32)", {"value": 32}),
        ("uniform(0, 1, shape=(3,))", None),
        ("alpha(1.8)", None),
        ("uniform(__import__('os').getpid(), 1)", None),
        ("uniform(0, 1", None),
    ],
)
def test_each_prior_is_a_domain_or_said_to_have_none(prior: str, expected: Any) -> None:
    draft = imported(f'orion hunt python a.py --z~"uniform(0, 1)" --x~"{prior}"', "orion")
    assert draft.document["parameters"].get("x") == expected


def test_a_yaml_template_becomes_a_template_with_placeholders() -> None:
    text = (
        "yo: 5\nlr0: orion~loguniform(0.0001, 0.3, precision=None)\n"
        "layers:\n  - width: 'orion~uniform(8, 64, discrete=True)'\n"
    )
    draft = imported(text, "orion")
    assert draft.files == {"theirs.template.yaml": "yo: 5\nlr0: {lr0}\nlayers:\n  - width: {width}\n"}
    assert draft.document["files"] == {"theirs.yaml": "theirs.template.yaml"}
    assert draft.document["parameters"]["width"] == {"type": "int", "min": 8, "max": 64}


def test_a_text_template_leaves_paths_with_a_tilde_alone() -> None:
    text = "[a]\nrate = lr~loguniform(0.001, 0.5)\nhome = ~/data\nb~-\nother = ~\n{'x':'mu~+normal(3, 1)'}\n"
    draft = imported(text, "orion")
    (template,) = draft.files.values()
    assert template == "[a]\nrate = {lr}\nhome = ~/data\nb~-\nother = ~\n{'x':'{mu}'}\n"


def test_a_configuration_without_a_space_says_what_is_missing() -> None:
    draft = imported(
        "experiment: {name: e, max_trials: 1000000000, max_broken: 5, algorithm: {tpe: {seed: 2}}}\n"
        "worker: {n_workers: 3}\n",
        "orion",
    )
    assert draft.document["search"] == {"sampler": "tpe", "seed": 2, "trials": 20}
    assert draft.document["run"] == {"parallel": 3, "max_failed": 5}
    assert {"import.no_program", "import.no_priors"} <= codes(draft, "impossible")


def test_a_file_that_is_nearly_json_is_refused_with_its_line() -> None:
    with pytest.raises(JobFileError, match=r"config\.json:3"):
        import_description('{\n "lr": "orion~loguniform(1e-5, 1.0)"\n "x": 1\n}', file="config.json")


def test_a_command_line_with_an_open_quote_is_refused() -> None:
    with pytest.raises(JobFileError, match="Cannot split"):
        import_description("orion hunt python a.py --x~'uniform(0, 1)", file="hunt.sh")
