"""Run the programs of the corpus and keep what they print: ``record.py ENVS [NAME...]``.

ENVS is the folder with the virtual environments that ``install.sh`` made. Each recipe of ``recipes.py`` is run in an
empty folder with the small programs of ``programs/`` in it; stdout and stderr go to one file, as they would in a
search. A recipe with a terminal is run under ``script``. What was printed is kept byte for byte, except that the
folder, the host and the user of the machine are replaced, and that only the lines that the recipe names are kept.

The readings in ``index.jsonl`` are written by a person and never by this script: when an excerpt is recorded again its
numbers are others, and somebody has to read them off again.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from recipes import RECIPES, Recipe

HERE = Path(__file__).resolve().parent
LOGS = HERE.parent


def environment(recipe: Recipe, envs: Path, folder: str) -> dict[str, str]:
    """What the program finds in its environment."""
    return {
        "PATH": f"{envs / 'boost' / 'bin'}:/usr/local/bin:/usr/bin:/bin:/usr/games:/usr/sbin:/usr/lib/postgresql/15/bin:{os.environ['PATH']}",
        "HOME": folder,
        "LANG": recipe.locale,
        "LC_ALL": recipe.locale,
        "PYTHONUNBUFFERED": "1",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TERM": "xterm-256color" if recipe.terminal else "dumb",
        "COLUMNS": str(recipe.columns),
        **recipe.env,
    }


def run(recipe: Recipe, envs: Path) -> bytes:
    """Everything the program prints, in the order in which it arrives in a file."""
    with tempfile.TemporaryDirectory(prefix="corpus") as folder:
        for program in (HERE / "programs").iterdir():
            if program.is_file():
                shutil.copy(program, folder)
        command = recipe.command
        for name in ("torch", "boost", "keras"):
            command = command.replace("{" + name + "}", str(envs / name / "bin" / "python"))
        env = environment(recipe, envs, folder)
        if recipe.terminal:
            command = f"stty cols {recipe.columns} rows 40; {command}"
            argv = ["script", "-qec", command, "/dev/null"]
        else:
            argv = ["bash", "-c", command]
        out = Path(folder) / "printed"
        with out.open("wb") as file:
            process = subprocess.Popen(
                argv,
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                process.wait(recipe.limit_s)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
        return scrubbed(out.read_bytes(), Path(folder), envs)


WARM = {
    "torch": ("torch,numpy,lightning,transformers,stable_baselines3,tqdm,ignite.engine", r"\{torch\} (\w+\.py [\w ]*)"),
    "keras": ("tensorflow,keras", r"\{keras\} (\w+\.py [\w ]*)"),
    "boost": (
        "sklearn.datasets,scipy.optimize,pandas,xgboost,lightgbm,catboost",
        r"\{boost\} ((?:sk|boost)\.py [\w ]*)",
    ),
}


def run_warm(recipes: list[Recipe], name: str, envs: Path, out: Path) -> None:
    """Run recipes that are one Python program each in forks of one process, see ``warm.py``."""
    packages, _ = WARM[name]
    with tempfile.TemporaryDirectory(prefix="corpus") as top:
        orders = []
        for number, recipe in enumerate(recipes):
            folder = Path(top) / str(number)
            shutil.copytree(HERE / "programs", folder)
            orders.append(
                {
                    "name": recipe.name,
                    "argv": recipe.command.split()[1:],
                    "cwd": str(folder),
                    "env": environment(recipe, envs, str(folder)),
                    "out": str(folder / "printed"),
                    "columns": recipe.columns if recipe.terminal else None,
                }
            )
        process = subprocess.Popen(
            [str(envs / name / "bin" / "python"), str(HERE / "warm.py"), packages],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment(recipes[0], envs, top) | {"PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(json.dumps(order) + "\n" for order in orders))
        process.stdin.close()
        by_name = {recipe.name: (recipe, order) for recipe, order in zip(recipes, orders, strict=True)}
        for line in process.stdout:
            if line.split()[0] in by_name:
                recipe, order = by_name[line.split()[0]]
                keep(recipe, scrubbed(Path(order["out"]).read_bytes(), Path(order["cwd"]), envs), out)


def keep(recipe: Recipe, printed: bytes, out: Path) -> None:
    """Write an excerpt."""
    printed = cut(printed, recipe.keep)
    path = out / f"{recipe.name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(printed)
    print(f"{recipe.name}: {len(printed)} bytes", flush=True)


def scrubbed(printed: bytes, folder: Path, envs: Path) -> bytes:
    """Without the names of this machine."""
    names = {str(folder): "/home/user/run", str(envs): "/home/user/envs", str(HERE): "/home/user/make"}
    for name, shown in names.items():
        printed = printed.replace(os.fsencode(name), shown.encode())
    for name, shown in ((socket.gethostname(), "host"), (getpass.getuser(), "user")):
        printed = re.sub(rb"(?<![\w/-])" + re.escape(os.fsencode(name)) + rb"(?![\w-])", shown.encode(), printed)
    return printed


def cut(printed: bytes, keep: str) -> bytes:
    r"""The lines ``first:last`` of the output, counted from 1; from the end when negative; ``/text/+n`` from a text on.

    Lines end at ``\n``; with a leading ``r`` also at ``\r``, for progress bars.
    """
    lines = (
        re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", printed) if keep.startswith("r") else printed.splitlines(True)
    )
    if not keep.startswith("r"):
        lines = re.findall(rb"[^\n]*\n|[^\n]+\Z", printed)
    keep = keep.removeprefix("r")
    if not keep:
        return printed
    if keep.startswith("/"):
        text, _, count = keep[1:].rpartition("/+")
        first = next((i for i, line in enumerate(lines) if text.encode() in line), 0)
        return b"".join(lines[first : first + int(count)])
    first_text, _, last_text = keep.partition(":")
    first = int(first_text or 1)
    last = int(last_text or len(lines))
    start = first - 1 if first > 0 else max(len(lines) + first, 0)
    end = last if last >= 0 else len(lines) + last
    return b"".join(lines[start:end])


def main() -> None:
    parser = argparse.ArgumentParser(description="Record the excerpts of the corpus.")
    parser.add_argument("envs", type=Path)
    parser.add_argument("names", nargs="*", help="beginnings of the names of recipes; all without")
    parser.add_argument("--warm", choices=WARM, help="import the packages of this environment only once")
    parser.add_argument("--out", type=Path, default=LOGS)
    args = parser.parse_args()
    chosen = [r for r in RECIPES if not args.names or any(r.name.startswith(name) for name in args.names)]
    if args.warm:
        pattern = WARM[args.warm][1]
        run_warm([r for r in chosen if re.fullmatch(pattern, r.command)], args.warm, args.envs.resolve(), args.out)
        return
    for recipe in chosen:
        try:
            keep(recipe, run(recipe, args.envs.resolve()), args.out)
        except subprocess.TimeoutExpired:
            print(f"{recipe.name}: ran for more than {recipe.limit_s} s", file=sys.stderr)


if __name__ == "__main__":
    main()
