"""The program's own defaults, read from its command, its config files, its source and its --help."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from scriptune.core.first_points import Origin
from scriptune.core.job import JobSpec
from scriptune.inspection.options_found import ProgramOption
from scriptune.inspection.program_defaults import help_key, program_defaults, read_program_help
from scriptune.inspection.source_options import may_have_help
from scriptune.jobfile import check_document

DOCUMENT = {
    "parameters": {
        "lr": {"type": "float", "min": 1e-5, "max": 1.0, "log": True},
        "batch_size": {"type": "int", "min": 8, "max": 256},
    },
    "metrics": {"loss": {"regex": "loss=(.+)"}},
    "objective": {"metric": "loss", "goal": "minimize"},
}
PLAIN = "import argparse\np = argparse.ArgumentParser()\n"


def job(folder: Path, source: str, *command: str, **more: object) -> JobSpec:
    (folder / "train.py").write_text(source)
    words = list(command) or [sys.executable, "train.py"]
    return check_document({**DOCUMENT, "command": words, **more}, base_dir=folder).spec


def never(_: JobSpec) -> Sequence[ProgramOption]:
    raise AssertionError("The program was started.")


def test_constants_of_the_parser_are_read_without_starting_the_program(tmp_path: Path) -> None:
    source = PLAIN + "p.add_argument('--lr', type=float, default=1e-3)\np.add_argument('--batch-size', default=32)\n"
    known = program_defaults(job(tmp_path, source), never)
    assert known.values == {"lr": 1e-3, "batch_size": 32}
    assert set(known.origins.values()) == {Origin.HELP}


def test_a_default_that_is_computed_is_read_from_the_help(tmp_path: Path) -> None:
    source = PLAIN + "p.add_argument('--lr', type=float, default=1e-3 * 2, help='%(default)s: default: %(default)s')\n"
    source += "p.add_argument('--batch_size', type=int, default=16)\np.parse_args()\nopen('trained', 'w')\n"
    spec = job(tmp_path, source)
    assert program_defaults(spec, read_program_help).values == {"batch_size": 16, "lr": 0.002}
    assert not (tmp_path / "trained").exists()


def test_the_help_is_read_in_a_folder_of_its_own_with_the_modules_beside_the_script(tmp_path: Path) -> None:
    (tmp_path / "options.py").write_text("open('left behind', 'w').write('x')\nLR = 0.25\n")
    source = "import options\n" + PLAIN + "p.add_argument('--lr', default=options.LR, help='default: %(default)s')\n"
    spec = job(tmp_path, source + "p.parse_args()\n")
    assert program_defaults(spec, read_program_help).values == {"lr": 0.25}
    assert not (tmp_path / "left behind").exists()


@pytest.mark.parametrize(
    "more", ["p.set_defaults(lr=0.5)", "q.add_argument('--lr', default=0.5)"], ids=["set_defaults", "subcommand"]
)
def test_a_default_that_may_be_another_one_is_not_taken_from_the_source(tmp_path: Path, more: str) -> None:
    source = f"{PLAIN}q = p\np.add_argument('--lr', default=0.1)\n{more}\n"
    assert "lr" not in program_defaults(job(tmp_path, source), lambda _: []).values


def test_the_command_comes_before_its_config_files_and_these_before_the_source(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("lr: 0.2\nbatch_size: 64\nmodel:\n  depth: 3\n")
    source = PLAIN + "p.add_argument('--lr', default=0.3)\np.add_argument('--batch-size', default=32)\n"
    spec = job(tmp_path, source, sys.executable, "train.py", "--lr", "0.1", "--config=config.yaml")
    known = program_defaults(spec, never)
    assert known.values == {"lr": 0.1, "batch_size": 64}
    assert known.origins == {"lr": Origin.ARGUMENT, "batch_size": Origin.TEMPLATE}


def test_a_flag_says_where_in_a_config_file_its_value_is(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("actor: {lr: 0.1}\ncritic: {lr: 0.2}\n")
    parameters = {"lr": {**DOCUMENT["parameters"]["lr"], "flag": "critic.lr", "style": "hydra"}}  # type: ignore[index]
    spec = job(tmp_path, "", sys.executable, "train.py", "c.yaml", parameters=parameters)
    assert program_defaults(spec, never).values == {"lr": 0.2}


def test_a_template_is_read_as_the_file_that_is_made_of_it(tmp_path: Path) -> None:
    (tmp_path / "base").write_text('{"train": {"lr": {lr}, "batch_size": 64}}')
    words = [sys.executable, "train.py", "--config", "{trial_dir}/config.json"]
    spec = job(tmp_path, "", *words, files={"config.json": "base"})
    known = program_defaults(spec, never)
    assert (known.values, known.origins) == ({"batch_size": 64}, {"batch_size": Origin.TEMPLATE})


def test_a_template_that_the_command_names_too_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("batch_size: 64\nlr: {lr}\n")
    spec = job(tmp_path, "", sys.executable, "train.py", "c.yaml", files={"c.yaml": "c.yaml"})
    assert program_defaults(spec, never).values == {"batch_size": 64}


def test_an_entry_that_a_config_file_has_twice_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("actor:\n  lr: 0.1\ncritic:\n  lr: 0.2\n")
    assert program_defaults(job(tmp_path, "", sys.executable, "train.py", "c.yaml"), never).values == {}


def test_a_program_that_may_not_answer_is_not_started(tmp_path: Path) -> None:
    assert program_defaults(job(tmp_path, "print('loss=1')\n"), never).values == {}
    (tmp_path / "train.sh").write_text("echo loss=1\n")
    assert program_defaults(job(tmp_path, "", "bash", "train.sh"), never).values == {}


def test_a_parameter_with_a_default_in_the_job_is_not_looked_up(tmp_path: Path) -> None:
    parameters = {"lr": {"type": "float", "min": 0.0, "max": 1.0, "default": 0.5}}
    spec = job(tmp_path, PLAIN + "p.add_argument('--lr', default=0.3)\n", parameters=parameters)
    assert program_defaults(spec, never).values == {}


def test_a_placeholder_is_matched_by_the_flag_before_it(tmp_path: Path) -> None:
    source = PLAIN + "p.add_argument('--rate', default=0.3)\np.add_argument('-b', default=16)\n"
    spec = job(tmp_path, source, sys.executable, "train.py", "--rate={lr}", "-b", "{batch_size}")
    assert program_defaults(spec, never).values == {"lr": 0.3, "batch_size": 16}


def test_a_switch_that_is_left_out_is_off(tmp_path: Path) -> None:
    source = PLAIN + "p.add_argument('--nesterov', action='store_true')\n"
    spec = job(tmp_path, source, parameters={"nesterov": {"type": "bool", "style": "switch"}})
    assert program_defaults(spec, never).values == {"nesterov": False}


def test_the_key_of_a_help_changes_with_the_program(tmp_path: Path) -> None:
    first = help_key(job(tmp_path, PLAIN))
    assert first == help_key(job(tmp_path, PLAIN))
    assert first != help_key(job(tmp_path, PLAIN + "# changed\n"))


def test_a_data_set_named_in_the_command_was_read_into_memory(tmp_path: Path) -> None:
    with (tmp_path / "data.bin").open("wb") as data:
        data.truncate(1 << 40)
    spec = job(tmp_path, PLAIN)
    named = replace(spec, command=(*spec.command, "data.bin"))
    assert help_key(named) != help_key(spec)
    key = help_key(named)
    os.utime(tmp_path / "data.bin", (0, 0))
    assert help_key(named) != key
    assert not may_have_help(replace(spec, command=("./data.bin",)))
