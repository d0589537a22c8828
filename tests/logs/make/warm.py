"""Run programs of one environment in forks of a process that has imported the heavy packages already.

``warm.py PACKAGES < ORDERS``: each line of the orders is JSON with ``argv``, ``cwd``, ``env``, ``out`` and ``columns``
(None without a terminal). Importing takes most of the time of a small run, and the programs do not notice.
"""

from __future__ import annotations

import importlib
import json
import os
import pty
import runpy
import signal
import struct
import sys
import time
import traceback

LIMIT_S = 200


def run(argv: list[str]) -> None:
    sys.argv = argv
    sys.path.insert(0, os.getcwd())
    try:
        runpy.run_path(argv[0], run_name="__main__")
    except SystemExit:
        pass
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def main() -> None:
    orders = [json.loads(line) for line in sys.stdin]
    for name in sys.argv[1].split(","):
        importlib.import_module(name)
    for order in orders:
        started = time.monotonic()
        if order["columns"] is None:
            pid = os.fork()
            terminal = -1
        else:
            pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(order["cwd"])
            os.environ.clear()
            os.environ.update(order["env"])
            if order["columns"] is None:
                out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                os.dup2(out, 1)
                os.dup2(out, 2)
            else:
                import fcntl
                import termios

                fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, order["columns"], 0, 0))
            signal.alarm(LIMIT_S)
            run(order["argv"])
        if terminal >= 0:
            with open(order["out"], "wb") as file:
                while True:
                    try:
                        piece = os.read(terminal, 65536)
                    except OSError:
                        break
                    if not piece:
                        break
                    file.write(piece)
            os.close(terminal)
        os.waitpid(pid, 0)
        print(order["name"], round(time.monotonic() - started, 1), flush=True)


if __name__ == "__main__":
    main()
