from __future__ import annotations

import pytest

from scriptune.errors import NotFoundError
from scriptune.storage.trial_keys import parse_key


def test_a_name_may_hold_dots() -> None:
    assert parse_key("params.a.b") == ("params", "a.b")


def test_an_unknown_key_is_refused_with_the_closest_one() -> None:
    with pytest.raises(NotFoundError, match="Did you mean 'duration'"):
        parse_key("duratoin")
