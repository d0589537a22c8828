from __future__ import annotations

import pytest

from scriptune.core.work_limit import WorkLimit, check_work_limit, current_limit, working_within
from scriptune.errors import WorkLimitError


def test_work_without_a_limit_may_take_any_time() -> None:
    check_work_limit("Nothing")
    assert not current_limit().is_over
    assert current_limit().overrun_s() < 0


def test_work_ends_when_its_time_is_over_or_its_caller_has_left() -> None:
    now = 0.0
    with working_within(WorkLimit(2.0, clock=lambda: now)) as limit:
        check_work_limit("It")
        now = 2.5
        assert limit.overrun_s() == 0.5
        with pytest.raises(WorkLimitError, match="It took more than the 2 s of CPU time"):
            check_work_limit("It")
        now = 0.0
        check_work_limit("It")
        limit.cancel()
        with pytest.raises(WorkLimitError):
            check_work_limit("It")
    check_work_limit("It")
