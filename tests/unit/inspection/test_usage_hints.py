"""inspection/usage_hints.py: the mistakes that everybody makes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from scriptune.core.job import JobSpec
from scriptune.inspection.options_found import ProgramOption
from scriptune.inspection.usage_hints import hints_from_help, hints_from_output
from scriptune.jobfile import check_document, from_command_line

OPTIONS = [
    ProgramOption("batch_size", "--batch-size", "int"),
    ProgramOption("amp", "--amp", "bool", style="switch"),
    ProgramOption("grad_clip", "--grad-clip", "float"),
    ProgramOption("lr", "--lr", "float"),
    ProgramOption("opt", "--opt", "categorical", choices=("adam", "sgd")),
    ProgramOption("no_bias", "--no-bias", "bool", style="switch"),
]
USAGE = "usage: t.py [-h] [--batch-size BATCH_SIZE] [--amp] [--grad-clip GRAD_CLIP]\n"


def spec_of(folder: Path, *params: str, command: Any = None) -> JobSpec:
    document = from_command_line(params, [r"acc=(\S+)"], "max", command or [sys.executable, "t.py"])
    (folder / "t.py").touch()
    return check_document(document, base_dir=folder).spec


@pytest.mark.parametrize(
    ("param", "hint"),
    [
        ("batch_size=16,32", "-p batch_size=...:flag=--batch-size"),
        ("Batch-Size=16,32", "flag: --batch-size"),
        ("batchsize=16,32", "flag: --batch-size"),
        ("amp=true,false", "--amp takes no value"),
        ("amp=0,1", "--amp takes no value"),
        ("grad-clip=1..5", "write grad-clip=1.0..5.0"),
        ("x=1.5..5:flag=--batch-size", "write x=2..5, or type: int"),
        ("bias=true,false", "-p bias=--bias,--no-bias, and write {bias} in the command"),
        ("bias=true,false:style=switch", "-p bias=--bias,--no-bias"),
        ("opt=adam,sdg", "--opt does not take 'sdg'; it takes adam, sgd"),
    ],
)
def test_what_the_program_does_not_take_as_it_is_given_gets_a_hint(tmp_path: Path, param: str, hint: str) -> None:
    (said,) = hints_from_help(spec_of(tmp_path, param, "lr=0.1..1"), OPTIONS)
    assert hint in said


@pytest.mark.parametrize(
    "params",
    [
        ["lr=0.1..1", "batch-size=16,32", "grad-clip=1.0..5.0"],
        ["amp=true,false:style=switch"],
        ["batch=16,32"],  # argparse takes the beginning of an option
        ["something_else=1..5"],
        ["x=1..5:style=env"],
    ],
)
def test_what_is_right_gets_no_hint(tmp_path: Path, params: list[str]) -> None:
    assert hints_from_help(spec_of(tmp_path, *params), OPTIONS) == []
    assert hints_from_help(spec_of(tmp_path, *params), []) == []


@pytest.mark.parametrize(
    ("param", "output", "hint"),
    [
        ("batch_size=16,32", USAGE + "t.py: error: unrecognized arguments: --batch_size=16", "flag=--batch-size"),
        ("batch_size=16,32", "Error: No such option: --batch_size Did you mean --batch-size?", "--batch_size"),
        ("xyz=1..2", USAGE + "t.py: error: unrecognized arguments: --xyz=1", "does not know --xyz"),
        ("lr=1..2", "FATAL Flags parsing error:\n  Unknown command line flag 'lr'. Did you mean: l ?", "not know --lr"),
        ("amp=true,false", USAGE + "t.py: error: argument --amp: ignored explicit argument 'true'", "takes no value"),
        (
            "amp=true,false",
            "usage: t.py [--amp | --no-amp]\nt.py: error: argument --amp/--no-amp: ignored explicit argument 'True'",
            "-p amp=--amp,--no-amp",
        ),
        ("xyz=1..2", "Error: No such option: --xyz", "-p xyz=...:flag=--..."),
        ("amp=true,false", "Error: Option '--amp' does not take a value.", "style=switch"),
        ("n=0.5..4", USAGE + "t.py: error: argument --n: invalid int value: '0.7'", "takes integers"),
        ("n=0.5..4", "Error: Invalid value for '--n': '0.7' is not a valid integer.", "takes integers"),
    ],
)
def test_what_a_program_says_on_failing_gives_the_hint(tmp_path: Path, param: str, output: str, hint: str) -> None:
    (said,) = hints_from_output(spec_of(tmp_path, param), output)
    assert hint in said


@pytest.mark.parametrize("output", ["", "Traceback ...\nValueError: --lr is bad", "unknown option", "\x00\x1b[" * 50])
def test_other_failures_get_no_hint(tmp_path: Path, output: str) -> None:
    assert hints_from_output(spec_of(tmp_path, "lr=0.1..1"), output) == []
