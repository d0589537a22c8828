"""cli/commands/serve.py: its help; serving itself is proven in tests/e2e/test_server.py."""

from __future__ import annotations

import pytest

from scriptune.cli.main import main


def test_the_words_that_make_a_server_are_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--help"]) == 0
    text = capsys.readouterr().out
    for option in ("--host", "--port", "--root-path", "--max-parallel", "--open", "--behind-proxy"):
        assert option in text
