"""executors/local/news.py: what an attempt printed, and its end, are news once."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from scriptune.executors.local.news import News


class Launchers:
    """Which launchers live."""

    def __init__(self) -> None:
        self.held: dict[str, int] = {}

    def holds(self, key: str, ended: Collection[int]) -> bool:
        return key in self.held and self.held[key] not in ended


@pytest.fixture
def launchers() -> Launchers:
    return Launchers()


def follow(news: News, launchers: Launchers, folder: Path, fd: int) -> Path:
    folder.mkdir()
    launchers.held[str(folder)] = fd
    news.follow(folder)
    return folder


def test_what_was_printed_is_news_once(launchers: Launchers, tmp_path: Path) -> None:
    news = News(launchers.holds)
    one, _ = (follow(news, launchers, tmp_path / name, fd) for fd, name in enumerate("ab"))
    assert news.since_last((), again=True) == frozenset()
    (one / "output.log").write_text("loss=1\n")
    assert news.since_last((), again=False) == {one}
    assert news.since_last((), again=True) == frozenset()
    (one / "output.log").write_text("")  # emptied by the program
    assert news.since_last((), again=True) == {one}


def test_what_was_printed_before_it_was_followed_is_news(launchers: Launchers, tmp_path: Path) -> None:
    (tmp_path / "output.log").write_text("loss=1\n")
    launchers.held[str(tmp_path)] = 3
    news = News(launchers.holds)
    news.follow(tmp_path)
    assert news.since_last((), again=False) == {tmp_path}


def test_an_end_is_news_again_only_when_asked_for(launchers: Launchers, tmp_path: Path) -> None:
    news = News(launchers.holds)
    one, two = (follow(news, launchers, tmp_path / name, fd) for fd, name in enumerate("ab"))
    assert news.since_last({1}, again=False) == {two}
    assert news.since_last((), again=False) == frozenset()
    assert news.since_last((), again=True) == {two}
    news.forget(str(two))
    assert news.since_last((), again=True) == frozenset()
    del launchers.held[str(one)]  # someone else saw it end
    assert news.since_last((), again=False) == {one}
