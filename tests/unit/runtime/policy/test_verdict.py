"""From how an attempt ended and what it printed to what became of the trial."""

from __future__ import annotations

import pytest

from scriptune.core.trial import Cause, ExitReason, ExitStatus, TrialState
from scriptune.runtime.policy.verdict import Verdict, judge, not_tunable, should_retry

EXITED = ExitReason.EXITED


@pytest.mark.parametrize(
    ("exit", "value", "n_reports", "lines", "state", "cause"),
    [
        (ExitStatus(EXITED, exit_code=0), 0.5, 3, [], TrialState.COMPLETED, None),
        (ExitStatus(EXITED, exit_code=0), None, 3, [], TrialState.FAILED, Cause.NON_FINITE),
        (ExitStatus(EXITED, exit_code=0), None, 0, [], TrialState.FAILED, Cause.NO_METRIC),
        (ExitStatus(EXITED, exit_code=2), 0.5, 3, [], TrialState.FAILED, Cause.EXIT_CODE),
        (ExitStatus(EXITED, signal=11), 0.5, 3, [], TrialState.FAILED, Cause.SIGNAL),
        (ExitStatus(EXITED, signal=9, oom=True), None, 0, [], TrialState.FAILED, Cause.OUT_OF_MEMORY),
        (ExitStatus(EXITED, signal=200), None, 0, [], TrialState.FAILED, Cause.SIGNAL),
        (
            ExitStatus(EXITED, exit_code=1),
            None,
            0,
            ["torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"],
            TrialState.FAILED,
            Cause.OUT_OF_MEMORY,
        ),
        (ExitStatus(ExitReason.TIMEOUT, wall_s=3.0), 0.5, 1, [], TrialState.FAILED, Cause.TIMEOUT),
        (ExitStatus(ExitReason.IDLE_TIMEOUT), None, 0, [], TrialState.FAILED, Cause.TIMEOUT),
        (ExitStatus(ExitReason.LAUNCH_ERROR, message="x"), None, 0, [], TrialState.FAILED, Cause.LAUNCH_ERROR),
        (ExitStatus(ExitReason.LOST), 0.5, 1, [], TrialState.FAILED, Cause.LOST),
        (ExitStatus(ExitReason.CANCELLED), 0.5, 1, [], TrialState.EARLY_STOPPED, None),
        (ExitStatus(ExitReason.CANCELLED), None, 1, [], TrialState.STOPPED, None),
    ],
)
def test_every_way_to_end_has_its_state_and_cause(
    exit: ExitStatus,
    value: float | None,
    n_reports: int,
    lines: list[str],
    state: TrialState,
    cause: Cause | None,
) -> None:
    verdict = judge(exit, value, n_reports=n_reports, metric="loss", last_lines=lines)
    assert (verdict.state, verdict.cause) == (state, cause)
    assert (verdict.value is not None) == (state in (TrialState.COMPLETED, TrialState.EARLY_STOPPED))
    assert all(line in verdict.message for line in lines)


def test_one_report_is_not_counted_as_one_times() -> None:
    messages = [
        judge(ExitStatus(EXITED, exit_code=0), None, n_reports=n, metric="m", last_lines=[]).message for n in (1, 2)
    ]
    assert messages == [
        "The program printed 'm' once, but not as a finite number.",
        "The program printed 'm' 2 times, but never as a finite number.",
    ]


def test_a_trial_cut_by_the_end_of_its_job_does_not_count() -> None:
    verdict = judge(ExitStatus(ExitReason.CANCELLED), 0.5, n_reports=1, metric="m", last_lines=[], keep_value=False)
    assert (verdict.state, verdict.value) == (TrialState.STOPPED, None)


def test_a_refused_capture_is_named_when_there_is_no_value() -> None:
    exit = ExitStatus(EXITED, exit_code=0)
    verdict = judge(exit, None, n_reports=0, metric="m", last_lines=[], warnings=["Line 'm=1e' holds no number."])
    assert "Line 'm=1e' holds no number." in verdict.message


def test_failures_that_no_hyperparameter_can_cure_are_recognised_by_a_line_of_the_log() -> None:
    exit = ExitStatus(EXITED, exit_code=2)
    log = ["usage: train.py", "train.py: error: unrecognized arguments: --lr=0.1", "  (see --help)"]
    message = judge(exit, None, n_reports=0, metric="m", last_lines=log).message
    assert not_tunable(Cause.EXIT_CODE, message) == "train.py: error: unrecognized arguments: --lr=0.1"
    assert not_tunable(Cause.EXIT_CODE, "ValueError: learning rate too large") is None
    assert not_tunable(Cause.SIGNAL, "ModuleNotFoundError: No module named 'x'") is None


@pytest.mark.parametrize(
    ("cause", "earlier", "retries", "another"),
    [
        (Cause.EXIT_CODE, [], 0, False),
        (Cause.EXIT_CODE, [], 1, True),
        (Cause.EXIT_CODE, [EXITED], 1, False),
        (Cause.EXIT_CODE, [ExitReason.LOST, ExitReason.LOST], 1, True),
        (Cause.LOST, [EXITED, EXITED], 0, True),
        (Cause.LOST, [ExitReason.LOST], 0, True),
        (Cause.LOST, [ExitReason.LOST, ExitReason.LOST], 9, False),
    ],
)
def test_failures_are_retried_as_often_as_the_user_said_and_lost_attempts_twice(
    cause: Cause, earlier: list[ExitReason], retries: int, another: bool
) -> None:
    assert should_retry(cause, earlier, retries) is another


PREEMPTED = ExitReason.PREEMPTED


@pytest.mark.parametrize(
    ("cause", "earlier", "retries", "another"),
    [
        (Cause.PREEMPTED, [], 0, True),
        (Cause.PREEMPTED, [PREEMPTED], 0, True),
        (Cause.PREEMPTED, [PREEMPTED, PREEMPTED], 9, False),
        (Cause.PREEMPTED, [PREEMPTED, EXITED, ExitReason.LOST], 0, True),
        (Cause.EXIT_CODE, [PREEMPTED, PREEMPTED], 1, True),
        (Cause.LOST, [PREEMPTED, PREEMPTED, ExitReason.LOST], 0, True),
    ],
)
def test_preempted_attempts_have_a_limit_of_their_own(
    cause: Cause, earlier: list[ExitReason], retries: int, another: bool
) -> None:
    assert should_retry(cause, earlier, retries, max_preempted=2) is another


def test_a_preempted_attempt_is_not_a_result_even_with_exit_code_0() -> None:
    verdict = judge(ExitStatus(PREEMPTED, exit_code=0), 0.5, n_reports=1, metric="m", last_lines=[])
    assert (verdict.state, verdict.value, verdict.cause) == (TrialState.FAILED, None, Cause.PREEMPTED)
    assert verdict.message == "The scheduler took its slot away before the program ended."


def test_a_trial_that_was_preempted_while_it_was_stopped_is_stopped() -> None:
    verdict = judge(ExitStatus(PREEMPTED), 0.5, n_reports=1, metric="m", last_lines=[], is_cancelled=True)
    assert (verdict.state, verdict.value, verdict.cause) == (TrialState.STOPPED, None, None)


# --- what the launcher noticed ------------------------------------------------------------------------------


def test_a_time_limit_is_named_and_not_the_time_with_the_grace_period() -> None:
    exit = ExitStatus(ExitReason.TIMEOUT, wall_s=75.3, message="run.trial_timeout (60 s) was reached.")
    verdict = judge(exit, 0.5, n_reports=1, metric="loss", last_lines=())
    assert (verdict.state, verdict.cause, verdict.value) == (TrialState.FAILED, Cause.TIMEOUT, None)
    assert verdict.message == "Stopped: run.trial_timeout (60 s) was reached."
    old = judge(ExitStatus(ExitReason.TIMEOUT, wall_s=75.3), 0.5, n_reports=1, metric="loss", last_lines=())
    assert old.message == "Stopped: run.trial_timeout was reached."


def test_on_timeout_keep_counts_what_was_printed_and_only_that() -> None:
    exit = ExitStatus(ExitReason.TIMEOUT, message="run.trial_timeout (60 s) was reached.")
    kept = judge(exit, 0.5, n_reports=1, metric="loss", last_lines=(), keep_on_timeout=True)
    assert (kept.state, kept.value, kept.cause) == (TrialState.COMPLETED, 0.5, None)
    assert kept.message == "Stopped: run.trial_timeout (60 s) was reached. The values printed until then count."
    nothing = judge(exit, None, n_reports=0, metric="loss", last_lines=(), keep_on_timeout=True)
    assert (nothing.state, nothing.cause) == (TrialState.FAILED, Cause.TIMEOUT)
    silent = ExitStatus(ExitReason.IDLE_TIMEOUT)
    assert judge(silent, 0.5, n_reports=1, metric="loss", last_lines=(), keep_on_timeout=True).cause is Cause.TIMEOUT


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("The disk was full when it ended.", "Killed"),
        ("", "OSError: [Errno 28] No space left on device: 'model.pt'"),
        ("", "cp: error writing 'x': Disk quota exceeded"),
        ("", "sqlite3.OperationalError: database or disk is full"),
        ("", "Error: ENOSPC: no space left on device, write"),
    ],
)
@pytest.mark.parametrize("exit_code", [0, 1])
def test_a_full_disk_is_named_as_the_cause(message: str, line: str, exit_code: int) -> None:
    exit = ExitStatus(ExitReason.EXITED, exit_code=exit_code, message=message)
    verdict = judge(exit, None, n_reports=0, metric="loss", last_lines=[line])
    if exit_code or message:
        assert "The disk was full; free some space, then run `scriptune retry`." in verdict.message.splitlines()[0]
    assert not_tunable(verdict.cause, verdict.message) is None


def test_a_metric_that_a_daemon_should_have_printed_is_missed_with_its_cause() -> None:
    note = "It left processes running when it ended ('python'); they were terminated."
    exit = ExitStatus(ExitReason.EXITED, exit_code=0, message=note)
    verdict = judge(exit, None, n_reports=0, metric="loss", last_lines=())
    assert verdict.cause is Cause.NO_METRIC
    assert note in verdict.message


def test_what_is_in_the_place_of_the_log_is_said_whatever_the_cause() -> None:
    for code, cause in ((0, Cause.NO_METRIC), (1, Cause.EXIT_CODE)):
        verdict = judge(
            ExitStatus(ExitReason.EXITED, exit_code=code),
            None,
            n_reports=0,
            metric="loss",
            last_lines=(),
            log_problem="Its log was replaced by a named pipe.",
        )
        assert verdict.cause is cause
        assert "Its log was replaced by a named pipe." in verdict.message


@pytest.mark.parametrize(
    ("exit", "value", "keep_value", "message"),
    [
        (ExitStatus(ExitReason.CANCELLED), 0.5, True, "Stopped early; the values printed until then count."),
        (ExitStatus(ExitReason.CANCELLED), 0.5, False, "Stopped."),
        (ExitStatus(ExitReason.CANCELLED), None, True, "Stopped before it had a value."),
        (ExitStatus(ExitReason.IDLE_TIMEOUT), 0.5, True, "Stopped: no output for run.idle_timeout."),
        (ExitStatus(ExitReason.LAUNCH_ERROR), None, True, "The program could not be started."),
        (ExitStatus(ExitReason.LAUNCH_ERROR, message="No such program."), None, True, "No such program."),
        (ExitStatus(ExitReason.LOST, message="Its folder is another's."), None, True, "Its folder is another's."),
        (ExitStatus(EXITED, signal=15), None, True, "Killed by SIGTERM."),
        (ExitStatus(EXITED, signal=200), None, True, "Killed by signal 200."),
        (ExitStatus(EXITED, signal=9, oom=True), None, True, "Killed by SIGKILL after running out of memory."),
        (ExitStatus(EXITED, exit_code=1, oom=True), None, True, "Ran out of memory (exit code 1)."),
        (ExitStatus(EXITED, exit_code=3), None, True, "Failed with exit code 3."),
    ],
)
def test_every_way_to_end_is_said_in_a_sentence_of_its_own(
    exit: ExitStatus, value: float | None, keep_value: bool, message: str
) -> None:
    first = judge(exit, value, n_reports=0, metric="loss", last_lines=(), keep_value=keep_value).message
    assert first.splitlines()[0].startswith(message)


def test_a_program_that_ran_short_of_memory_and_ended_well_has_completed() -> None:
    exit = ExitStatus(EXITED, exit_code=0)
    verdict = judge(exit, 0.5, n_reports=1, metric="loss", last_lines=["out of memory, trying half the batch"])
    assert verdict == Verdict(TrialState.COMPLETED, 0.5)


def test_the_lines_that_come_nearest_are_quoted_once_before_the_last_ones() -> None:
    exit = ExitStatus(EXITED, exit_code=0)
    last = ["val loss : 0.5", "done"]
    proposal = "This regex captures 0.5 there: x"
    verdict = judge(
        exit, None, n_reports=0, metric="loss", last_lines=last, nearest=lambda: (["val loss : 0.5"], proposal)
    )
    lines = verdict.message.splitlines()
    assert sum("val loss : 0.5" in line for line in lines) == 1
    assert lines[-1] == proposal
    bare = judge(exit, None, n_reports=0, metric="loss", last_lines=last).message
    assert "scriptune reparse" in bare
    assert "done" in bare.splitlines()[-1]
