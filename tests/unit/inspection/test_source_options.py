"""inspection/source_options.py: what files say about options, without running them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from scriptune.core.job import JobSpec
from scriptune.inspection.source_options import asked_command, may_have_help, options_in_source, source_options
from scriptune.jobfile import check_document, from_command_line

SOURCE = """
import argparse
p = argparse.ArgumentParser()
p.add_argument("-b", "--batch-size", type=int, default=32)
p.add_argument("--amp", action="store_true")
p.add_argument("--grad-clip", type=float)
p.parse_args()
"""


def spec_of(folder: Path, *, command: Any = None) -> JobSpec:
    document = from_command_line(["lr=0.1..1"], [r"acc=(\S+)"], "max", command or [sys.executable, "t.py"])
    return check_document(document, base_dir=folder).spec


def read(folder: Path, *command: str) -> dict[str, Any]:
    return {option.flag: option.default for option in source_options(command, folder)[0]}


def test_options_are_read_in_the_source_and_nothing_is_run(tmp_path: Path) -> None:
    (tmp_path / "t.py").write_text(SOURCE + "open('ran', 'w')\n")
    spec = spec_of(tmp_path)
    found = {option.flag: (option.type, option.style) for option in options_in_source(spec)}
    assert found == {
        "-b": ("int", ""), "--batch-size": ("int", ""), "--amp": ("bool", "switch"), "--grad-clip": ("float", ""),
    }  # fmt: skip
    assert not (tmp_path / "ran").exists()
    assert may_have_help(spec)
    (tmp_path / "t.py").write_text("def (")
    assert options_in_source(spec) == []


def test_a_script_that_reads_no_options_is_not_asked_for_help(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("#!/bin/sh\necho acc=1\n")
    (tmp_path / "run").chmod(0o755)
    assert not may_have_help(spec_of(tmp_path, command=["./run"]))
    assert not may_have_help(spec_of(tmp_path, command=["timeout", "9", "./run"]))  # it has a --help


def test_constants_are_listed_and_are_no_options(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("LR = 0.1\nname: str = 'a'\n_hidden = 1\nx = 1 + 1\ndef f(): y = 2\nLR = 0.2\n")
    options, constants = source_options(["python", "train.py"], tmp_path)
    assert options == []
    assert {option.name: (option.type, option.default) for option in constants} == {
        "LR": ("float", 0.2), "name": ("text", "a"),
    }  # fmt: skip


def test_constants_of_a_script_that_assigns_arguments_to_its_globals_are_options(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("lr = 1e-3\nexec(open('settings.py').read())\n")
    (tmp_path / "settings.py").write_text("import sys\nfor word in sys.argv[1:]:\n    globals()[word] = 1\n")
    assert read(tmp_path, "python", "train.py") == {"--lr": 1e-3}
    (tmp_path / "small.py").write_text("lr = 0.5\nother = 2\n")
    assert read(tmp_path, "python", "train.py", "small.py") == {"--lr": 0.5}
    (tmp_path / "settings.py").write_text("import sys\nprint(sys.argv)\n")
    assert read(tmp_path, "python", "train.py") == {}


def test_variables_of_a_makefile_with_a_plain_value_are_options_of_make(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(
        "CC ?= gcc\nCFLAGS = -O2\nLR ?= 0.1\nEPOCHS := 5 # all\nOUT = $(LR).txt\nall:\n\tA=1\n"
    )
    assert read(tmp_path, "make", "train") == {"LR": 0.1, "EPOCHS": 5}
    assert read(tmp_path, "cat", "Makefile") == {}
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "rules.mk").write_text("C = 4\n")
    assert read(tmp_path, "make", "-C", "sub", "-f", "rules.mk") == {"C": 4}
    assert {option.style for option in source_options(["make"], tmp_path)[0]} == {"hydra"}


def test_variables_that_a_shell_script_takes_from_its_environment_are_options(tmp_path: Path) -> None:
    (tmp_path / "train.sh").write_text('LR=${LR:-0.1}\npython t.py --opt "${OPT:=adam}" ${OUT:-$HOME} $N\n')
    (lr, opt) = source_options(["bash", "train.sh"], tmp_path)[0]
    assert (lr.name, lr.default, lr.style, lr.found_in) == ("LR", 0.1, "env", "train.sh")
    assert (opt.name, opt.default) == ("OPT", "adam")


def test_a_script_is_asked_when_a_module_beside_it_reads_options(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("from own import options\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "options.py").write_text("x = 1\n")
    assert asked_command(["python", "train.py"], tmp_path) is None
    (tmp_path / "own" / "options.py").write_text("import argparse\n")
    assert asked_command(["python", "train.py"], tmp_path) == ["python", "train.py"]
    assert asked_command(["python", "-m", "own.options"], tmp_path) == ["python", "-m", "own.options"]
    assert asked_command(["no-such-tool", "x"], tmp_path) == ["no-such-tool", "x"]


def test_a_compiled_program_is_asked_without_files_that_it_could_write(tmp_path: Path) -> None:
    (tmp_path / "tool").write_bytes(b"\x7fELF...")
    (tmp_path / "tool").chmod(0o755)
    (tmp_path / "data").touch()
    assert asked_command(["./tool", "train", "-v", "5", "x.txt"], tmp_path) == ["./tool", "train"]
    assert asked_command(["./tool", "data", "train"], tmp_path) == ["./tool"]


def test_a_shell_script_that_passes_its_arguments_on_is_asked_for_the_program_s(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text('set -e\nLR=1 exec ./tool train -i "a b" "$@"\n./tool test m\n')
    assert asked_command(["bash", "run.sh"], tmp_path) == ["./tool", "train", "-i", "a b"]
    (tmp_path / "run.sh").write_text("$TOOL $@\n")
    assert asked_command(["bash", "run.sh"], tmp_path) is None


def test_values_of_a_config_file_are_options_of_a_command_that_overrides_one(tmp_path: Path) -> None:
    (tmp_path / "c.cfg").write_text("[a]\nn = 3\n[a.opt]\nL2 = 0.01\nfast = true\nname = x\nref = ${a:n}\n")
    expected = {"--a.n": 3, "--a.opt.L2": 0.01, "--a.opt.fast": True}
    assert read(tmp_path, "spacy", "train", "c.cfg", "--a.n", "4") == expected
    assert read(tmp_path, "spacy", "train", "c.cfg") == {}
