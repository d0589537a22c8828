"""docs/python.md: every example on the page runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[3] / "docs" / "python.md"
_BLOCK = re.compile(r"(<!-- not run[^\n]*-->\n)?```python\n(.*?)```", re.DOTALL)


def test_the_examples_on_the_page_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SCRIPTUNE_HOME", raising=False)
    (tmp_path / "train.py").write_text(
        "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--lr', type=float)\n"
        "print(f'loss={(parser.parse_args().lr - 0.1) ** 2:.6f}')\n"
    )
    (tmp_path / "job.yaml").write_text(
        "command: python train.py\nparameters: {lr: {type: float, min: 0.0001, max: 1, log: true}}\n"
        "metrics: {loss: {regex: 'loss=([0-9.]+)'}}\nobjective: {metric: loss, goal: minimize}\n"
        "search: {sampler: random}\n"
    )
    names: dict[str, object] = {}
    blocks = [code for skipped, code in _BLOCK.findall(PAGE.read_text("utf-8")) if not skipped]
    for code in blocks:
        exec(compile(code, str(PAGE), "exec"), names)
    printed = capsys.readouterr().out
    assert len(blocks) == 7
    assert "completed" in printed
    assert "no-such-job" in printed
