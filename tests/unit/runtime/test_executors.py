"""runtime/executors.py: one executor for each that jobs name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scriptune.core.job import ExecutorSpec
from scriptune.runtime.executors import Executors


class Silent:
    """An executor that has news once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.news = frozenset[Path]()
        self.waited: list[float] = []
        self.is_closed = False

    def wait(self, timeout_s: float) -> frozenset[Path]:
        self.waited.append(timeout_s)
        news, self.news = self.news, frozenset()
        return news

    def close(self) -> None:
        self.is_closed = True


def make(spec: ExecutorSpec) -> Any:  # an executor as far as these tests go
    return Silent(spec.name)


def test_jobs_that_name_the_same_executor_share_it() -> None:
    executors = Executors(make)
    assert executors.of(ExecutorSpec("local")) is executors.of(ExecutorSpec("local"))
    assert executors.of(ExecutorSpec("other")) is not executors.of(ExecutorSpec("local"))


def test_jobs_share_an_executor_only_with_the_same_options() -> None:
    executors = Executors(make)
    one = executors.of(ExecutorSpec("local", {"most": 1, "keys": ["a"]}))
    assert executors.of(ExecutorSpec("local", {"keys": ["a"], "most": 1})) is one
    assert executors.of(ExecutorSpec("local", {"keys": ["a"], "most": 2})) is not one


def test_news_of_every_executor_arrive_and_the_time_is_shared_out() -> None:
    executors = Executors(make)
    one, two = (executors.of(ExecutorSpec(name)) for name in ("one", "two"))
    assert isinstance(one, Silent)
    assert isinstance(two, Silent)
    assert executors.wait(1.0) == frozenset()
    assert (one.waited, two.waited) == ([0.0, 0.5], [0.0, 0.5])
    two.news = frozenset({Path("/2")})
    assert executors.wait(1.0) == {Path("/2")}
    assert one.waited == [0.0, 0.5, 0.0], "nobody waits while there is news"


def test_a_single_executor_waits_the_whole_time() -> None:
    executors = Executors(make)
    assert executors.wait(1.0) == frozenset(), "no one waits for nothing"
    one = executors.of(ExecutorSpec("one"))
    assert isinstance(one, Silent)
    executors.wait(1.0)
    assert one.waited == [1.0]
    executors.close()
    assert one.is_closed
    assert executors.of(ExecutorSpec("one")) is not one
