"""How fast logs become reports: a metric on every line, 8 chatty children, one 2 GB log, and hostile lines.

    python benchmarks/intake.py [--dense-mb 64] [--child-mb 256] [--size-mb 2048] [--json]

The log with a metric on every line is read by a bare loop of Python too: ``re.search`` and ``float`` for each line, and
no look at what is beside the number. The target is a third of its speed. Other targets: 200 MB/s with the metrics of 8
children extracted while they write, under 20 MB of buffers. The children compete with the reader for the processor, so
the rate per second of the reader's own cpu time stands beside the wall's.
Temporary files are made in the system's folder for them (up to the given size) and removed.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from scriptune.metrics.pattern import MetricPattern, compile_pattern
from scriptune.metrics.sources.log import MetricIntake
from scriptune.metrics.sources.tail import BLOCK_BYTES, MAX_LINE_BYTES

N_CHILDREN = 8
ROUND_BYTES = 1 << 20  # what the engine asks for at a time
NOW = datetime(2026, 1, 1, tzinfo=UTC)
REGEXES = {"accuracy": r"val_acc=([0-9.]+)", "loss": r"(?P<step>\d+)/\d+.*val_loss=(\S+)"}

# Each child writes 20 kB of chatter and a line of metrics in turn, as fast as it is let.
CHILD = """
import os, sys
n_bytes = int(sys.argv[1])
line = b"2026-01-01 12:00:00,123 INFO  train.py:88  step {n} lr=0.001 batch loss 0.4312 grad norm 1.732 17.3 it/s\\n"
block = b"".join(line.replace(b"{n}", str(n).encode()) for n in range(200))
written = epoch = 0
while written < n_bytes:
    metric = b"epoch %d/999 val_acc=0.%04d val_loss=%.3e\\n" % (epoch, epoch % 10000, 1 / (1 + epoch))
    written += os.write(1, block + metric)
    epoch += 1
"""


DENSE_LINE = b"2026-01-01 12:00:00 step %d loss=%.4f lr=0.001 grad norm %.3f 17.3 it/s\n"
DENSE_REGEX = r"loss=([0-9.]+)"


def patterns() -> dict[str, MetricPattern]:
    return {name: compile_pattern(name, regex) for name, regex in REGEXES.items()}


def metric_on_every_line(folder: Path, size: int) -> dict[str, object]:
    """Read a log with a value on each line, and beside it by the least that Python can do."""
    path = folder / "dense.log"
    with path.open("wb") as out:
        line = 0
        while out.tell() < size:
            line += 1
            out.write(DENSE_LINE % (line, 10 / line, line % 977 / 100))
    bare = min((bare_loop(path) for _ in range(3)), key=lambda result: result["cpu_s"])
    read = (one_log(path, {"loss": compile_pattern("loss", DENSE_REGEX)}) for _ in range(3))
    best = max(read, key=lambda result: float(str(result["mb_per_cpu_s"])))
    path.unlink()
    assert best["reports"] == bare["reports"], "The two do not read the same."
    bare_speed = size / bare["cpu_s"] / 1e6
    return {
        **best,
        "bare_loop_mb_per_cpu_s": bare_speed,
        "bare_loop_is_times_as_fast": bare_speed / float(str(best["mb_per_cpu_s"])),
    }


def bare_loop(path: Path) -> dict[str, float]:
    """Search each line and read its number, without a look at what is beside it."""
    regex = re.compile(DENSE_REGEX.encode())
    n_values, cpu = 0, time.process_time()
    with path.open("rb") as log:
        for line in log:
            match = regex.search(line)
            if match:
                float(match[1])
                n_values += 1
    return {"reports": n_values, "cpu_s": time.process_time() - cpu}


def many_children(folder: Path, n_bytes: int) -> dict[str, object]:
    """Eight children write ``n_bytes`` each while one thread reads them all in turn."""
    logs = [folder / f"{n}.log" for n in range(N_CHILDREN)]
    began = time.perf_counter()
    children = []
    for log in logs:
        with log.open("ab") as out:
            children.append(subprocess.Popen([sys.executable, "-c", CHILD, str(n_bytes)], stdout=out))
    intakes = [MetricIntake(patterns(), log) for log in logs]
    n_reports, slowest = 0, 0.0
    reading = 0.0
    cpu = time.process_time()
    alive = True
    while alive:
        alive = any(child.poll() is None for child in children)
        moved = False
        for intake in intakes:
            start = time.perf_counter()
            batch = intake.read(ROUND_BYTES, now=NOW, final=not alive)
            took = time.perf_counter() - start
            slowest, reading = max(slowest, took), reading + took
            n_reports += len(batch.reports)
            moved |= batch.to_offset > batch.from_offset
        alive |= moved
        if not moved:
            time.sleep(0.001)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    n_read = sum(intake.offset for intake in intakes)
    return {
        "bytes": n_read,
        "reports": n_reports,
        "wall_s": wall,
        "mb_per_s": n_read / wall / 1e6,
        "reader_cpu_s": cpu,
        "mb_per_cpu_s": n_read / cpu / 1e6,
        "slowest_read_ms": slowest * 1e3,
    }


def one_log(path: Path, regexes: dict[str, MetricPattern]) -> dict[str, object]:
    """Read a finished log to its end."""
    intake = MetricIntake(regexes, path)
    n_reports, slowest = 0, 0.0
    began, cpu, at_end = time.perf_counter(), time.process_time(), False
    while not at_end:
        start = time.perf_counter()
        batch = intake.read(ROUND_BYTES, now=NOW, final=True)
        slowest = max(slowest, time.perf_counter() - start)
        n_reports += len(batch.reports)
        at_end = batch.at_end
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {
        "bytes": intake.offset,
        "reports": n_reports,
        "wall_s": wall,
        "mb_per_s": intake.offset / wall / 1e6,
        "mb_per_cpu_s": intake.offset / cpu / 1e6,
        "slowest_read_ms": slowest * 1e3,
    }


def write_log(path: Path, size: int) -> None:
    """A log of the children's kind, really written."""
    with path.open("wb") as out:
        subprocess.run([sys.executable, "-c", CHILD, str(size)], stdout=out, check=True)


def kinds_of_logs(folder: Path) -> dict[str, object]:
    """Throughput on logs that are harder than plain lines."""
    n = 40
    plain = b"step 17 lr=0.001 batch loss 0.4312 grad norm 1.732 and some more words on the line\n" * 10_000
    bars = b"\r 17%|####      | 17/100 [00:01<00:05, 17.3it/s, loss=0.4312]" * 15_000 + b"\n"
    colours = b"\x1b[1m17/45\x1b[0m \x1b[32m####\x1b[0m - loss: 0.4312 and some more words here\n" * 12_000
    samples = {
        "plain lines, no metric": (plain, r"val_acc=([0-9.]+)"),
        "plain lines, no literal to look for": (plain, r"(\d+\.\d+)$"),
        "progress bar, a metric in each update": (bars, r"loss=([0-9.]+)"),
        "ANSI colours, no metric": (colours, r"val_acc=([0-9.]+)"),
        "look-behind as ModelArts makes it": (plain, r"(?<=val_acc=)([-+]?\d+\.?\d*([eE]{1}[-+]?\d+)?)(?=,)"),
        "one line of 40 MB": (b"x" * 1_000_000, r"val_acc=([0-9.]+)"),
        "attack on backtracking": (b"a" * 60 + b"b\n", r"(?=(a|aa)+$)(\w+)"),
    }
    results = {}
    for name, (text, regex) in samples.items():
        path = folder / "kind.log"
        path.write_bytes(text * n)
        results[name] = one_log(path, {"m": compile_pattern("m", regex)})
        path.unlink()
    return results


def memory_of_buffers(path: Path) -> float:
    """Peak of what reading allocates, in MB, apart from the interpreter and the modules."""
    gc.collect()
    tracemalloc.start()
    intakes = [MetricIntake(patterns(), path) for _ in range(N_CHILDREN)]
    for _ in range(20):
        for intake in intakes:
            intake.read(ROUND_BYTES, now=NOW)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size-mb", type=int, default=2048, help="size of the one large log")
    parser.add_argument("--dense-mb", type=int, default=64, help="size of the log with a metric on every line")
    parser.add_argument("--child-mb", type=int, default=256, help="what each of the 8 children writes")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    gc.collect()
    gc.freeze()  # as the server does: what modules hold is not looked at again
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result: dict[str, object] = {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 1e9:.0f} GB",
            "versions": {"python": platform.python_version(), **{p: version(p) for p in ("google-re2", "regex")}},
            "block_bytes": BLOCK_BYTES,
            "max_line_bytes": MAX_LINE_BYTES,
            "metric_on_every_line": metric_on_every_line(folder, options.dense_mb * 1_000_000),
            "children": many_children(folder, options.child_mb * 1_000_000),
        }
        for log in folder.iterdir():
            log.unlink()
        large = folder / "large.log"
        write_log(large, options.size_mb * 1_000_000)
        result["large_log"] = one_log(large, patterns())
        result["buffers_mb"] = memory_of_buffers(large)
        large.unlink()
        result["rss_growth_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3 - before
        result["kinds"] = kinds_of_logs(folder)
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)


def show(result: dict[str, object], indent: str = "") -> None:
    for name, value in result.items():
        if isinstance(value, dict):
            print(f"{indent}{name}:")
            show(value, indent + "  ")
        else:
            print(f"{indent}{name}: {value:,.1f}" if isinstance(value, float) else f"{indent}{name}: {value}")


if __name__ == "__main__":
    main()
