"""The commands on real searches with real programs, signals included."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest

import scriptune
from scriptune.cli.main import main

# Prints three improving values; fails for n=3. Not Python, since a shell starts in a millisecond.
PROGRAM = """#!/bin/sh
for given in "$@"; do case $given in --n=*) n=${given#--n=};; esac; done
[ "$n" = 3 ] && { echo "cannot do 3"; exit 7; }
echo "starting"
for step in 1 2 3; do echo "step $step loss=$((n + 3 - step)).5"; done
"""
# Runs until it is told to end, and says so.
PATIENT = """#!/bin/sh
echo "loss=1.0"
: > "$1.started"
while [ ! -e "$1.end" ]; do sleep 0.05; done
echo "loss=0.5"
"""
LIMIT_S = 120


@dataclass
class Cli:
    """Runs commands in this process on one home."""

    home: Path
    capsys: Any

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """A command's output; its exit code must be as expected."""
        self.capsys.readouterr()
        assert main(["--home", str(self.home), *arguments]) == code, self.capsys.readouterr()
        captured = self.capsys.readouterr()
        self.err = captured.err
        return str(captured.out)

    def json(self, *arguments: str, code: int = 0) -> Any:
        """A command's JSON."""
        return json.loads(self("--json", *arguments, code=code))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one finished grid search over n = 1 .. 6."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "train.sh").write_text(PROGRAM)
    (folder / "train.sh").chmod(0o755)
    (folder / "job.yaml").write_text(
        "name: counting\ncommand: ./train.sh\nparameters: {n: {type: int, min: 1, max: 6, default: 4}}\n"
        "metrics: {loss: {regex: 'loss=([0-9.]+)'}}\nobjective: {metric: loss, goal: minimize}\n"
        "search: {sampler: grid, trials: 6, seed: 1}\nrun: {parallel: 2}\n"
    )
    assert main(["run", str(folder / "job.yaml"), "--home", str(folder / "home")]) == 0
    return folder / "home"


@pytest.fixture
def cli(home: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(home, capsys)


# --- looking -----------------------------------------------------------------------------------------------


def test_list_shows_the_job_with_its_best_value(cli: Cli) -> None:
    header, row = cli("list").splitlines()
    assert header.split() == ["job", "name", "state", "trials", "failed", "metric", "best", "gain", "created"]
    assert row.split()[1:7] == ["counting", "completed", "6/6", "1", "loss", "1.5"]


def test_every_look_has_json(cli: Cli) -> None:
    assert cli.json("list")["items"][0]["job"]["name"] == "counting"
    assert cli.json("show")["summary"]["best"]["value"] == 1.5
    assert cli.json("show", "--trial", "0")["trial"]["number"] == 0
    assert cli.json("trials", "--limit", "2")["total"] == 6
    assert cli.json("best")["params"] == {"n": 1}
    assert "starting" in cli.json("logs", "0")["text"]
    assert cli.json("importance")[0]["name"] == "n"
    assert {row["name"] for row in cli.json("samplers")} >= {"random", "grid", "bayes", "tpe", "anneal"}
    assert cli.json("replay")["first_difference"] is None


def test_a_job_is_found_by_name_id_prefix_and_as_the_latest(cli: Cli) -> None:
    job_id = cli.json("show")["summary"]["job"]["id"]
    for reference in ("counting", job_id, job_id[:6]):
        assert cli.json("show", reference)["summary"]["job"]["id"] == job_id


def test_show_tells_failures_with_their_last_words_and_how_to_run_the_best_again(cli: Cli) -> None:
    text = cli("show")
    assert "exit code  1 trial" in text
    assert "cannot do 3" in text
    assert text.rstrip().endswith("./train.sh --n=1")


def test_show_trial_explains_why_and_compares_with_the_best(cli: Cli) -> None:
    number = next(t["number"] for t in cli.json("trials")["items"] if t["params"] == {"n": 5})
    text = cli("show", "--trial", str(number))
    assert "grid: " in text
    assert "3 reports" in text
    row = next(line for line in text.splitlines() if line.startswith("n "))
    assert row.split() == ["n", "5", "1"]


def test_trials_sorted_by_best_begin_with_the_best_and_end_with_failures(cli: Cli) -> None:
    lines = cli("trials", "--sort", "best").splitlines()[1:]
    assert [line.split()[-1] for line in lines] == ["1", "2", "4", "5", "6", "3"]
    assert "exit code" in lines[-1]


def test_trials_are_filtered_and_sorted_by_any_parameter_or_metric(cli: Cli) -> None:
    text = cli("trials", "--where", "params.n>=2", "--where", "value<6", "--sort", "-params.n")
    assert [line.split()[-1] for line in text.splitlines()[1:]] == ["5", "4", "2"]
    assert (
        cli("trials", "--state", "failed", "--where", "params.n=1")
        == "No trials that are failed and with params.n=1.\n"
    )
    cli("trials", "--where", "params.m<1", code=2)
    assert "has no parameter 'm'" in cli.err


def test_csv_has_every_trial_and_full_precision(cli: Cli) -> None:
    rows = list(csv.DictReader(io.StringIO(cli("trials", "--csv"))))
    assert len(rows) == 6
    assert {row["params.n"]: row["value"] for row in rows}["2"] == "2.5"
    assert {row["params.n"]: row["cause"] for row in rows}["3"] == "exit_code"


def test_what_best_prints_can_be_pasted_into_a_shell(cli: Cli) -> None:
    for line in (cli("best"), cli("best", "--command"), f'eval "{cli("best", "--command")}"'):
        done = subprocess.run(
            ["/bin/sh", "-c", line], cwd="/", capture_output=True, text=True, check=True, timeout=LIMIT_S
        )
        assert done.stdout.endswith("step 3 loss=1.5\n")
    assert cli("best", "--command") == f"cd {cli.home.parent} && ./train.sh --n=1\n"


def test_logs_print_what_the_trial_printed(cli: Cli) -> None:
    number = cli.json("best")["trial"]["number"]
    whole = "starting\nstep 1 loss=3.5\nstep 2 loss=2.5\nstep 3 loss=1.5\n"
    assert cli("logs", str(number)) == cli("logs", "counting", str(number), "-f") == whole
    assert cli("logs", str(number), "--tail", "2") == "step 2 loss=2.5\nstep 3 loss=1.5\n"
    assert Path(cli("logs", str(number), "--path").strip()).read_text() == whole


def test_logs_of_a_job_without_a_trial_says_what_is_missing(cli: Cli) -> None:
    cli("logs", "counting", code=2)
    assert "scriptune logs counting 0" in cli.err


def test_replay_derives_every_suggestion(cli: Cli) -> None:
    assert cli("replay").startswith("All agree: ")


def test_samplers_shows_the_options_of_one(cli: Cli) -> None:
    assert "kappa" in cli("samplers", "bayes")
    cli("samplers", "baies", code=2)
    assert "'bayes'" in cli.err


# --- acting ------------------------------------------------------------------------------------------------


def test_reparse_computes_the_values_again_and_back(cli: Cli) -> None:
    text = cli("reparse", "--regex", "step 1 loss=([0-9.]+)")
    assert "5 values changed" in text
    # Another metric's regex kept the goal without a word: a loss would have been maximised.
    assert "As before, less is better (goal: minimize)" in text
    assert cli.json("best")["trial"]["value"] == 3.5
    assert cli.json("reparse", "--regex", "loss=loss=([0-9.]+)", "--reduce", "last")["n_without_log"] == 0
    assert cli.json("best")["trial"]["value"] == 1.5


def test_retry_runs_failed_trials_again_as_a_further_attempt(cli: Cli) -> None:
    text = cli("retry", "--failed", code=0)
    assert "failed" in text
    failed = cli.json("trials", "--state", "failed")["items"]
    assert [(trial["params"], trial["n_attempts"]) for trial in failed] == [({"n": 3}, 2)]


def test_delete_asks_people_and_only_them(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cli.home.parent / "job.yaml"
    queued = cli.json("run", str(path), "--detach", "--name", "gone")
    assert queued["state"] == "queued"
    with monkeypatch.context() as terminal:
        terminal.setattr("sys.stdin.isatty", lambda: True)
        terminal.setattr("click.confirm", _declined)
        cli("delete", "gone", code=130)
        assert "Deleted gone" in cli("delete", "gone", "--yes")
    cli("show", "gone", code=2)
    cli("run", str(path), "--detach", "--name", "gone too")
    assert "Deleted gone too" in cli("delete", "gone too")


def _declined(text: str, *, abort: bool) -> None:
    assert (text, abort) == ("Delete permanently?", True)
    raise click.Abort


def test_stop_of_an_ended_job_is_refused(cli: Cli) -> None:
    cli("stop", code=1)
    assert "already completed" in cli.err


# --- running -----------------------------------------------------------------------------------------------


def test_a_search_on_a_command_line_equals_its_job_file(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home.parent)
    cli = Cli(tmp_path / "home", capsys)
    text = cli(
        *["run", "-p", "n=1..6", "-m", "loss=loss=([0-9.]+)", "--minimize", "-n", "3", "-j", "1", "--seed", "1"],
        *["--sampler", "grid", "--name", "short", "--env", "A=1", "--option", "resolution=6", "--", "./train.sh"],
    )
    lines = text.splitlines()
    assert lines[0].startswith("short (")
    assert lines[1] == "  metric loss: loss=([0-9.]+)"
    assert [line.split("]")[0] for line in lines[2:5]] == ["[1/3", "[2/3", "[3/3"]
    assert any("best so far with n=" in line for line in lines[2:5])
    document = cli.json("show")["summary"]["job"]["document"]
    assert document["run"]["env"] == {"A": "1"}
    assert document["search"]["options"] == {"resolution": 6}


def test_json_of_a_run_is_one_event_per_line(tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli = Cli(tmp_path / "home", capsys)
    events = [json.loads(line) for line in cli("run", str(home.parent / "job.yaml"), "--json").splitlines()]
    assert events[0]["kind"] == "start"
    assert events[-1]["kind"] == "end"
    assert events[-1]["best"]["params"] == {"n": 1}
    numbers = [event["seq"] for event in events if "seq" in event]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    ended = [event["trial"] for event in events if "trial" in event]
    assert sorted(trial["params"]["n"] for trial in ended) == [1, 2, 3, 4, 5, 6]


def test_resume_extends_a_search(tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli = Cli(tmp_path / "home", capsys)
    cli("run", str(home.parent / "job.yaml"), "--trials", "2", "--sampler", "random")
    cli("resume", code=1)
    assert "--trials +10" in cli.err
    assert "[4/4]" in cli("resume", "--trials", "+2")


def test_a_log_that_is_gone_is_told_from_an_empty_one_and_so_is_a_job_left_without_values(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli = Cli(tmp_path / "home", capsys)
    cli("run", str(home.parent / "job.yaml"), "--trials", "1")
    nothing = ("reparse", "--regex", "nothing=([0-9.]+)")
    cli(*nothing, code=1)
    assert "finds nothing in 1 log" in cli.err
    assert "No trial would have a value" in cli(*nothing, "--dry-run")
    assert "No trial has a value now; see why: scriptune show" in cli(*nothing, "--yes")
    Path(cli("logs", "0", "--path").strip()).unlink()
    cli("logs", "0", code=2)
    assert "Trial 0 has no log: there is no file" in cli.err


def test_what_a_failure_says_is_not_said_again_as_a_warning(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli = Cli(tmp_path / "home", capsys)
    job = str(home.parent / "job.yaml")
    text = cli(
        "run", "-p", "n=1..9", "-m", "step 1 (.oss).*", "--minimize", "-n", "1", "--", job[:-8] + "train.sh", code=1
    )
    result = text[text.index("Failed trials") :]
    assert result.count("captured 'loss', which is not a number") == 1


def test_a_failed_search_is_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli = Cli(tmp_path / "home", capsys)
    text = cli("run", "-p", "n=1..9", "-m", "loss: (.*)", "--minimize", "--", "/bin/false", code=1)
    assert "exit code" in text
    cli("best", code=1)
    assert "No trial of" in cli.err
    assert f"To continue: scriptune resume {cli.json('show')['summary']['job']['id'][:8]}" in text


@pytest.mark.parametrize("values", ["1,2,3", "1,2,3,4"])
def test_a_search_that_had_tried_everything_was_told_to_resume(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], values: str
) -> None:
    cli = Cli(tmp_path / "home", capsys)
    search = ["-n", "4", "--max-failed", "9", "-p", f"n={values}", "-m", "loss: (.*)", "--minimize"]
    text = cli("run", *search, "--", "/bin/sh", "-c", 'echo "$0"; exit 1', code=1)
    assert "To continue" not in text
    retry = text.rpartition("once the program is fixed: scriptune ")[2].split("\n")[0]
    assert retry.startswith("retry ")
    assert main([*shlex.split(retry), "--json"]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run"], "Nothing to run"),
        (["run", "missing.yaml"], "missing.yaml"),
        (["run", "python", "train.py"], "Write the program to run after '--'"),
        (["run", "{job}", "python"], "Write the program to run after '--'"),
        (["run", "{job}", "--", "true"], "give one of them"),
        (["run", "{job}", "-p", "x=1..2"], "-p and -m describe a program"),
        (["run", "{job}", "--sampler", "baies"], "bayes"),
        (["run", "{job}", "--env", "A"], "--env is 'A', expected NAME=VALUE"),
        (["run", "-p", "x=1..2", "-m", "a=(.*)", "--", "true"], "--maximize or --minimize"),
        (["run", "{job}", "--maximize", "--minimize"], "--maximize and --minimize contradict each other"),
        (["retry", "--failed", "--trial", "1"], "give only one of them"),
        (["stop", "--drain", "--trial", "1"], "--drain"),
        (["trials", "--sort", "beauty"], "beauty"),
        (["trials", "--csv", "--json"], "give one of them"),
        (["logs"], "Which trial? Give its number: scriptune logs 0"),
        (["resume", "--trials", "abc"], "got 'abc', expected +N for N more trials"),
        (["run", "-p", "x=2..1", "-m", "a=(.*)", "--minimize", "--", "true"], "command line: parameters.x: min 2 is"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_advice(cli: Cli, arguments: list[str], message: str) -> None:
    job = str(cli.home.parent / "job.yaml")
    cli(*[argument.replace("{job}", job) for argument in arguments], code=2)
    assert message in cli.err
    assert "Traceback" not in cli.err


# --- check -------------------------------------------------------------------------------------------------


def test_check_shows_every_number_with_its_line_and_forecasts(cli: Cli) -> None:
    text = cli("check", str(cli.home.parent / "job.yaml"))
    assert "./train.sh --n=4" in text
    assert [line.split()[:3] for line in text.splitlines() if line.startswith("loss ")] == [
        ["loss", "2", "6.5"],
        ["loss", "3", "5.5"],
        ["loss", "4", "4.5"],
    ]
    assert "OK: the value of this trial would be loss 4.5" in text
    assert "the search will take about" in text
    assert "step 3 loss=4.5" in cli.err


def test_a_check_that_was_interrupted_said_nothing(tmp_path: Path) -> None:
    (tmp_path / "wait.sh").write_text(PATIENT)
    program = ["/bin/sh", str(tmp_path / "wait.sh"), str(tmp_path / "x")]
    search = ["-p", "n=1..3", "-m", "loss=(.*)", "--minimize", "--home", str(tmp_path / "home"), "--", *program]
    process = subprocess.Popen(
        [sys.executable, "-m", "scriptune", "check", *search],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell lets what it runs in the background ignore Ctrl-C; these tests may be that.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    try:
        deadline = time.monotonic() + LIMIT_S
        while not (tmp_path / "x.started").exists():
            assert time.monotonic() < deadline, process.poll()
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT_S)
    finally:
        (tmp_path / "x.end").touch()
        process.kill()
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "Interrupted: nothing was checked, and no program is left running."
    assert "Traceback" not in err


def test_check_of_a_log_that_holds_no_metric_fails_and_says_why(cli: Cli, tmp_path: Path) -> None:
    log = tmp_path / "old.txt"
    log.write_text("nothing here\n")
    job = str(cli.home.parent / "job.yaml")
    text = cli("check", job, "--log", str(log), code=1)
    assert "Not ok" in text
    log.write_text("loss=1.5\nloss=1.5.2\n")
    text = cli("check", job, "--log", str(log))
    assert ["loss", "2", "refused", "loss=1.5.2"] in [line.split() for line in text.splitlines()]
    assert "Warning: Metric 'loss': captured '1.5.2', which is not a number" in text
    log.write_text("nothing here\n")
    assert cli.json("check", job, "--log", str(log), code=1)["ok"] is False
    assert "was not tried" in cli("check", job, "--no-run").replace("were not tried", "was not tried")


def test_run_and_check_warn_of_what_is_legal_and_hardly_meant_where_it_stands(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli = Cli(tmp_path / "home", capsys)
    program = str(home.parent / "train.sh")
    flags = ["-p", "n=0..1", "-m", r"loss=(\S+)", "--minimize", "-n", "2"]
    warning = "Warning: command line: parameters.n: only the integers 0 and 1 are searched"
    cli("run", *flags, "--", program)
    assert warning in cli.err
    assert warning in cli("check", "--no-run", *flags, "--", program)
    assert "only the integers" in cli.json("check", "--no-run", *flags, "--", program)["warnings"][0]

    job = tmp_path / "job.yaml"
    job.write_text(
        f"command: {program}\nparameters:\n  n: {{min: 0, max: 1}}\n"
        "metrics: {loss: {regex: 'loss=([0-9.]+)'}}\nobjective: {goal: minimize}\n"
    )
    cli("run", str(job), "--detach")
    assert f"Warning: {job}:3: parameters.n: only the integers" in cli.err
    with scriptune.Client(home=tmp_path / "home") as client:
        assert f"{job}:3: " in "\n".join(client.check(job, run=False).warnings)


def test_the_forecast_does_not_count_on_more_trials_side_by_side_than_there_are(cli: Cli) -> None:
    report = cli.json("check", str(cli.home.parent / "job.yaml"), "-n", "3", "-j", "50")
    assert report["forecast_s"] == pytest.approx(report["wall_s"])


# --- signals -----------------------------------------------------------------------------------------------


@dataclass
class RunningAttempt:
    """A `scriptune run` in a process of its own."""

    process: subprocess.Popen[str]
    folder: Path

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        """Wait for a condition with a limit."""
        until = time.monotonic() + LIMIT_S
        while not condition():
            assert time.monotonic() < until, f"waited in vain for {what}"
            assert self.process.poll() is None, self.process.communicate()
            time.sleep(0.02)

    def end(self) -> tuple[int, str, str]:
        """Exit code, output and errors, once it has ended."""
        out, err = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, out, err


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningAttempt]:
    """A search whose first trial waits for a file ``x.end``."""
    script = tmp_path / "patient.sh"
    script.write_text(PATIENT)
    script.chmod(0o755)
    command = [
        *[sys.executable, "-m", "scriptune.cli.main", "run", "--home", str(tmp_path / "home")],
        *["-p", "n=1..9", "-m", "loss=loss=([0-9.]+)", "--minimize", "-n", "3", "--seed", "1", "--sampler", "random"],
        *["--", str(script), str(tmp_path / "x")],
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    running = RunningAttempt(process, tmp_path)
    try:
        running.wait_for((tmp_path / "x.started").exists, "the first trial")
        yield running
    finally:
        (tmp_path / "x.end").touch()
        if process.poll() is None:
            process.kill()
            process.communicate()


def _states(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [trial["state"] for trial in Cli(folder / "home", capsys).json("trials")["items"]]


def _job(folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    return Cli(folder / "home", capsys).json("show")["summary"]["job"]


def test_one_interrupt_lets_the_running_trial_end_and_says_how_to_go_on(
    running: RunningAttempt, capsys: pytest.CaptureFixture[str]
) -> None:
    running.process.send_signal(signal.SIGINT)
    stderr = running.process.stderr
    assert stderr is not None
    assert "Press Ctrl-C again" in stderr.readline()
    running.wait_for(lambda: _job(running.folder, capsys)["state"] == "stopping", "the worker to see it")
    (running.folder / "x.end").touch()
    code, out, _ = running.end()
    assert code == 130
    assert "To continue: scriptune resume" in out
    assert _states(running.folder, capsys) == ["completed"]
    resume = out.rpartition("To continue: scriptune ")[2].split("\n")[0]
    assert main(shlex.split(resume)) == 0
    assert _states(running.folder, capsys) == ["completed"] * 3


def test_a_search_that_runs_elsewhere_is_extended_without_an_error(
    running: RunningAttempt, capsys: pytest.CaptureFixture[str]
) -> None:
    text = Cli(running.folder / "home", capsys)("resume", "--trials", "+2")
    assert "The process that runs patient continues to 5 trials." in text
    (running.folder / "x.end").touch()
    code, out, _ = running.end()
    assert code == 0, out
    assert _states(running.folder, capsys) == ["completed"] * 5


def test_two_interrupts_stop_the_running_trial(running: RunningAttempt, capsys: pytest.CaptureFixture[str]) -> None:
    running.process.send_signal(signal.SIGINT)
    stderr = running.process.stderr
    assert stderr is not None
    stderr.readline()
    running.process.send_signal(signal.SIGINT)
    code, _, _ = running.end()
    assert code == 130
    assert _states(running.folder, capsys) == ["stopped"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_terminated_it_leaves_the_trial_running_and_resume_adopts_it(
    running: RunningAttempt, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    running.process.send_signal(number)
    code, out, _ = running.end()
    assert code == 130
    assert "nothing is lost" in out
    assert _states(running.folder, capsys) == ["running"]
    assert "interrupted" in Cli(running.folder / "home", capsys)("list")
    assert f"--home {running.folder / 'home'}" in Cli(running.folder / "home", capsys)("show").splitlines()[1]
    (running.folder / "x.end").touch()
    assert main(["resume", "--home", str(running.folder / "home")]) == 0
    trials = Cli(running.folder / "home", capsys).json("trials")["items"]
    assert [(trial["state"], trial["n_attempts"]) for trial in trials] == [("completed", 1)] * 3


def test_a_live_table_is_drawn_on_a_terminal(tmp_path: Path, home: Path) -> None:
    master, slave = os.openpty()
    command = [
        *[sys.executable, "-m", "scriptune.cli.main", "run", str(home.parent / "job.yaml")],
        *["--home", str(tmp_path / "home")],
    ]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    process = subprocess.Popen(command, stdout=slave, stderr=slave, stdin=slave, env=environment)
    os.close(slave)
    shown = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # how Linux says that nobody holds the other end any more
            break
        shown += piece
    os.close(master)
    assert process.wait(timeout=LIMIT_S) == 0
    text = shown.decode()
    assert "6 of 6" in text
    assert "\x1b[" in text
    assert "best loss" in text
