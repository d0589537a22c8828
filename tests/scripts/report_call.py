"""Prints how it was called, as JSON: arguments, environment, folder, what stdin held, open files."""

import json
import os
import sys

fds = [int(name) for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")]
call = {
    "argv": sys.argv[1:],
    "env": dict(os.environ),
    "cwd": os.getcwd(),
    "stdin": sys.stdin.read(),
    "fds": fds,
    "group_leader": os.getpgrp() == os.getpid(),
}
print(json.dumps(call))
