"""Ports of loopback for servers that tests stop and start again."""

from __future__ import annotations

import os
import random
import socket

_GIVEN: set[int] = set()


def free_port() -> int:
    """A port of loopback that nobody uses now, and that stays free while its server is down.

    It lies below those that the system gives to clients, and each process of xdist has a thousand of its own. No port
    is given twice: browsers keep what they store by port.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 20_000 + worker % 12 * 1000
    while True:
        port = random.SystemRandom().randrange(first, first + 1000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in _GIVEN:
                _GIVEN.add(port)
                return port
