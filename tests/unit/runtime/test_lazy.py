from __future__ import annotations

import subprocess
import sys

MANY_THREADS = """
import threading
from scriptune.runtime.lazy import lazy_module
late = lazy_module("colorsys")
gate, failures = threading.Barrier(16), []

def use():
    gate.wait()
    try:
        late.hls_to_rgb(0.1, 0.2, 0.3)
    except AttributeError as err:
        failures.append(err)

threads = [threading.Thread(target=use) for _ in range(16)]
[t.start() for t in threads]
[t.join() for t in threads]
assert not failures, failures
"""


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_late_module_is_imported_when_it_is_used_and_not_before() -> None:
    run(
        "import sys; from scriptune.runtime.lazy import lazy_module; late = lazy_module('colorsys');"
        "assert 'colorsys' not in sys.modules; assert late.ONE_SIXTH; assert 'colorsys' in sys.modules"
    )


def test_threads_that_use_it_first_at_once_all_find_it_whole() -> None:
    run(MANY_THREADS)
