"""cli/foreground.py: exit codes. Signals are proven in tests/e2e/test_cli.py."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scriptune.cli.foreground import ForegroundResult
from scriptune.core.job import JobState, SearchJob

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "code"),
    [(JobState.COMPLETED, 0), (JobState.FAILED, 1), (JobState.STOPPED, 130), (JobState.RUNNING, 130)],
)
def test_exit_codes_say_how_the_search_ended(state: JobState, code: int) -> None:
    assert ForegroundResult(SearchJob("x", "x", {}, state, AT), interrupted=False).exit_code == code
