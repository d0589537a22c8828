"""Lines of a traceback are not reports, whichever program prints them and however it is read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scriptune.metrics.pattern import compile_pattern
from scriptune.metrics.sources.log import MetricIntake

NOW = datetime(2026, 1, 1, tzinfo=UTC)

TRACEBACKS = {
    "python": """Traceback (most recent call last):
  File "train.py", line 3, in <module>
    print("loss=0.7", 1 / 0)
ZeroDivisionError: loss=0.7 by zero
""",
    "python 3.11 carets": """Traceback (most recent call last):
  File "/srv/train.py", line 12, in main
    print("loss=0.7 acc=%d" % (1 / 0))
                             ~~^~~
ZeroDivisionError: division by zero
""",
    "python 3.13 several lines": """Traceback (most recent call last):
  File "/srv/train.py", line 12, in main
    print(
    ~~~~~^
        "loss=0.7",
        ^^^^^^^^^^^
        model.missing,
    )
    ^
AttributeError: loss=0.7
""",
    "chained": """Traceback (most recent call last):
  File "a.py", line 1, in f
    raise KeyError("loss=0.7")
KeyError: 'loss=0.7'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "a.py", line 9, in g
    print(f"loss=0.7 {x['loss=0.7']}")
optuna.exceptions.TrialPruned: loss=0.7
""",
    "exception group": """  + Exception Group Traceback (most recent call last):
  |   File "a.py", line 3, in <module>
  |     raise ExceptionGroup("loss=0.7", [ValueError(1)])
  | ExceptionGroup: many (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "a.py", line 8, in f
    |     print("loss=0.7")
    | ValueError: 1
    +------------------------------------
""",
    "torchrun": """[rank0]: Traceback (most recent call last):
[rank1]: Traceback (most recent call last):
[rank0]:   File "/srv/train.py", line 3, in <module>
[rank0]:     print("loss=0.7", 1 / 0)
[rank1]:   File "/srv/train.py", line 3, in <module>
[rank1]:     print("loss=0.7", 1 / 0)
[rank0]: ZeroDivisionError: loss=0.7
""",
    "container": """worker-1  |   File "/srv/train.py", line 3, in <module>
worker-1  |     print("loss=0.7", 1 / 0)
""",
    "time before": """2026-01-15T12:00:01Z   File "/srv/train.py", line 3, in <module>
2026-01-15T12:00:02Z     print("loss=0.7", 1 / 0)
""",
    "syntax error": """  File "train.py", line 3
    print("loss=0.7"
         ^
SyntaxError: '(' was never closed
""",
    "loguru": """Traceback (most recent call last):

> File "train.py", line 5, in <module>
    f("loss=0.7")
    └ <function f at 0x7f>

  File "train.py", line 3, in f
    print("loss=0.7", 1 / x)
                          └ 'loss=0.7'

ZeroDivisionError: division by zero
""",
    "rich": """╭─────────────── Traceback (most recent call last) ────────────────╮
│ /srv/train.py:3 in <module>                                      │
│                                                                  │
│   1 import sys                                                   │
│   2 loss = "loss=0.7"                                            │
│ ❱ 3 print("loss=0.7", 1 / 0)                                     │
╰──────────────────────────────────────────────────────────────────╯
ZeroDivisionError: loss=0.7
""",
    "ipython": """---------------------------------------------------------------------------
ZeroDivisionError                         Traceback (most recent call last)
Cell In[1], line 3
      1 x = 0
      2 y = "loss=0.7"
----> 3 print("loss=0.7", 1 / x)
""",
    "a warning": """/srv/train.py:12: RuntimeWarning: divide by zero encountered in log
  print(f"loss=0.7 {np.log(0)}")
""",
    "json": r"""{"exc": "Traceback (most recent call last):\n  File \"a\", line 1\n print(\"loss=0.7\")"}
""",
    "node": """/srv/train.js:3
console.log("loss=0.7", missing.length);
                        ^

ReferenceError: loss=0.7 is not defined
    at Object.<anonymous> (/srv/loss=0.7.js:3:25)
""",
    "java": """Exception in thread "main" java.lang.IllegalStateException: loss=0.7
\tat com.example.Train.main(Train.java:12)
Caused by: java.lang.RuntimeException: loss=0.7
""",
    "r": """Error in print("loss=0.7") : object 'x' not found
Calls: main -> print("loss=0.7")
3: stop("loss=0.7") at train.R#3
 1. ├─base::print("loss=0.7")
""",
    "julia": """ERROR: LoadError: loss=0.7
 [1] error(s::String) loss=0.7 at ./error.jl:33
""",
    "ruby": """train.rb:3:in `<main>': undefined method `foo' for nil (NoMethodError)

puts "loss=0.7"; nil.foo
                    ^^^^
""",
    "rust": """thread 'main' panicked at src/main.rs:3:5:
loss=0.7 is too large
""",
    "gcc": """train.c:3:5: error: expected ';' before 'return'
    3 |     printf("loss=0.7")
      |                       ^
""",
    "perl": """\tmain::f("loss=0.7") called at train.pl line 3
""",
    "php": """#0 /srv/train.php(3): print('loss=0.7')
""",
}


def read(log: Path, data: str, block_bytes: int = 256 * 1024) -> list[float]:
    log.write_text(data)
    intake = MetricIntake(
        {"loss": compile_pattern("loss", r"loss=([0-9.]+\d)")}, log, block_bytes=block_bytes, max_line_bytes=400
    )
    values = []
    while True:
        batch = intake.read(1, final=True, now=NOW)
        values += [report.value for report in batch.reports]
        if batch.at_end:
            return values


@pytest.mark.parametrize("name", TRACEBACKS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_traceback_that_quotes_the_print_statement_is_not_a_report(tmp_path: Path, name: str, ends: str) -> None:
    data = ("epoch 1\nloss=0.9\n" + TRACEBACKS[name] + "loss=0.8\n").replace("\n", ends)
    for block_bytes in (256 * 1024, 401):
        assert read(tmp_path / "log", data, block_bytes) == [0.9, 0.8]
    assert read(tmp_path / "log", "loss=0.9\n" + TRACEBACKS[name] + "done\nloss=0.8\n") == [0.9, 0.8]


@pytest.mark.parametrize(
    "log",
    [
        '>       assert loss < 0.5, f"loss=0.7"\nE       AssertionError: loss=0.7\nE       assert 0.7 < 0.5\n',
        "FAILED test_a.py::test_b - AssertionError: loss=0.7\n",
        'train.py:7: in main\n    print("loss=0.7")\n',
        '> File "t.py", line 5, in main\n    print("loss=0.7")\n          └ 0.7\nValueError: loss=0.7\n',
        "thread 'main' (12345) panicked at src/main.rs:3:5:\nloss=0.7\n",
        "t.rb:3:in `main': loss=0.7 (RuntimeError)\n\tfrom t.rb:5:in `<main>'\n",
        "Unhandled exception. System.Exception: loss=0.7\n",
        "a.out: t.c:3: main: Assertion `loss=0.7' failed.\n",
        "lua: t.lua:3: loss=0.7\nstack traceback:\n",
        "** (RuntimeError) loss=0.7\n",
        "t/main.swift:3: Fatal error: loss=0.7\n",
        'error: Uncaught (in promise) Error: loss=0.7\n    throw new Error("loss=0.7");\n',
        "t.sh: line 3: loss=0.7: command not found\n",
        "+ echo loss=0.7\n++ printf loss=0.7\n",
        "Cell In[1], line 3\n      1 def f():\n----> 3 print(1)\n\nValueError: loss=0.7\n",
        'app-1  | Traceback (most recent call last):\napp-1  |   File "t.py", line 3\napp-1  | ValueError: loss=0.7\n',
        "  + Exception Group Traceback (most recent call last):\n  | ExceptionGroup: loss=0.7 (1 sub-exception)\n"
        "  +-+---------------- 1 ----------------\n    | ValueError: loss=0.7\n",
    ],
)
def test_tracebacks_of_test_runners_and_other_languages_are_not_reports(tmp_path: Path, log: str) -> None:
    assert read(tmp_path / "log", f"Traceback (most recent call last):\n{log}" if "└" in log else log) == []


@pytest.mark.parametrize(
    "log",
    [
        '  {"step": 3, "text": "loss=0.7"}\n',
        "    loss=0.7\n",
        "│ 3 │ loss=0.7 │\n",
        "╭──── Results ────╮\n│ loss=0.7 │\n",
        "  3 | loss=0.7\n",
        "[rank0]:     loss=0.7\n",
        "12: loss=0.7 (best)\n",
        "   at step 3 loss=0.7\n",
        "Error: loss=0.7\n",
        "Error in test: loss=0.7\n",
        'INFO train.py:12: saved "x"\nloss=0.7\n',
        "epoch 3:\n    loss=0.7\n",
        "Epoch 12:34\nloss=0.7\n",
        "ERROR: loss=0.7\n",
        "In the end (3): loss=0.7\n",
        "Traceback: none\n  loss=0.7\n",
        "[1] 12:30 loss=0.7\n",
    ],
)
def test_what_looks_a_little_like_a_traceback_is_read(tmp_path: Path, log: str) -> None:
    assert read(tmp_path / "log", log) == [0.7]


def test_the_warning_says_that_the_line_is_of_a_traceback(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(TRACEBACKS["python"])
    intake = MetricIntake({"loss": compile_pattern("loss", r"loss=([0-9.]+\d)")}, log)
    warnings = intake.read(1 << 20, final=True, now=NOW).warnings
    assert "in a line of a traceback" in warnings[0]
    assert "print(" in warnings[0]
