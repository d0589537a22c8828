"""What the service remembers between requests."""

from __future__ import annotations

from scriptune.api.service import Memory


def test_a_value_is_computed_once_per_version() -> None:
    memory = Memory()
    assert memory.get("history", "1", lambda: "old") == "old"
    assert memory.get("history", "1", lambda: "never asked for") == "old"
    assert memory.get("history", "2", lambda: "new") == "new"
    assert memory.get("history", "1", lambda: "old again") == "old again"


def test_old_versions_and_keys_that_nobody_asked_for_lately_are_forgotten() -> None:
    memory = Memory()
    memory.get("first", "1", lambda: "kept")
    for version in range(1000):
        memory.get("busy", str(version), lambda: "passing")
    assert memory.get("first", "1", lambda: "computed again") == "kept"
    for key in range(1000):
        memory.get(key, "1", lambda: "passing")
    assert memory.get("first", "1", lambda: "computed again") == "computed again"
