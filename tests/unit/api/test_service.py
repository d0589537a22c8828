"""What the service remembers between requests."""

from __future__ import annotations

from scriptune.api.service import Memory


def test_a_value_is_computed_once_per_version() -> None:
    memory = Memory()
    assert memory.body("history", "1", lambda: "old") == b'"old"'
    assert memory.body("history", "1", lambda: "never asked for") == b'"old"'
    assert memory.body("history", "2", lambda: "new") == b'"new"'
    assert memory.body("history", "1", lambda: "old again") == b'"old again"'


def test_old_versions_and_keys_that_nobody_asked_for_lately_are_forgotten() -> None:
    memory = Memory(max_bytes=1000)
    memory.body("first", "1", lambda: "kept")
    for version in range(1000):
        memory.body("busy", str(version), lambda: "passing")
    assert memory.body("first", "1", lambda: "computed again") == b'"kept"'
    for key in range(1000):
        memory.body(key, "1", lambda: "passing")
    assert memory.body("first", "1", lambda: "computed again") == b'"computed again"'


def test_no_more_bytes_are_remembered_than_allowed() -> None:
    memory = Memory(max_bytes=1000)
    memory.body("small", "1", lambda: "kept")
    memory.body("large", "1", lambda: [7] * 480)
    assert memory.body("small", "1", lambda: "computed again") == b'"kept"'
    memory.body("other", "1", lambda: "x" * 100)
    assert memory.body("large", "1", lambda: "computed again") == b'"computed again"'
    assert memory.body("small", "1", lambda: "never asked for") == b'"kept"'


def test_a_body_that_is_too_large_is_given_and_not_remembered() -> None:
    memory = Memory(max_bytes=10)
    assert memory.body("large", "1", lambda: "x" * 20) == b'"' + b"x" * 20 + b'"'
    assert memory.body("large", "1", lambda: "y" * 20) == b'"' + b"y" * 20 + b'"'
    assert memory.body("small", "1", lambda: "x") == b'"x"'
    assert memory.body("small", "1", lambda: "never asked for") == b'"x"'
