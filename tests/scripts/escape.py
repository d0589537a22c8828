"""Leaves its process group: a daemon in a session of its own that hears no TERM.

Prints the daemon's pid. With the word "stay" it waits for ever, else it ends at once. With "hide" the daemon is
started without our environment, as a program does that overwrites it.
"""

import os
import signal
import sys
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print(f"daemon {os.getpid()}", flush=True)
        if "hide" in sys.argv:
            os.execve("/bin/sleep", ["sleep", "600"], {})
        time.sleep(600)
    os._exit(0)
os.wait()
if "stay" in sys.argv:
    time.sleep(600)
