"""A process that is gone before one can look: each child forks the next and ends, for ever."""

import os
import time

print(f"first {os.getpid()}", flush=True)
if os.fork():
    time.sleep(600)
os.setsid()
print(f"session {os.getpid()}", flush=True)
while os.fork() == 0:
    time.sleep(0.0005)
os._exit(0)
