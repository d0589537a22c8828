"""The verbs are described once, for an engine of this process and for a server."""

from __future__ import annotations

import inspect

import pytest

from scriptune.client.remote import Remote
from scriptune.engine.engine import Engine
from scriptune.engine.verbs import Verbs

VERBS = sorted(Verbs.__abstractmethods__)


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_is_described_once_and_taken_with_the_same_arguments(name: str) -> None:
    verb = getattr(Verbs, name)
    wanted = inspect.signature(verb).parameters
    assert verb.__doc__
    for kind in (Engine, Remote):
        own = getattr(kind, name)
        given = inspect.signature(own).parameters
        assert [one for one in given if one in wanted] == list(wanted)
        # An engine takes more than a server does in some verbs, and describes only that.
        assert bool(own.__doc__) == (len(given) > len(wanted))


@pytest.mark.parametrize("kind", [Engine, Remote])
def test_every_method_is_described(kind: type) -> None:
    public = [name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")]
    assert not [name for name in public if not inspect.getdoc(getattr(kind, name))]
