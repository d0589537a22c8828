"""What people read about the first points of a search."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from scriptune.core.first_points import FirstPoint, Origin
from scriptune.messages import Message

__all__ = ["first_points_list", "first_points_text", "origin_text"]

_ORIGINS: Mapping[Origin, str] = {
    Origin.YOURS: "point_origin.yours",
    Origin.HELP: "point_origin.help",
    Origin.TEMPLATE: "point_origin.template",
    Origin.ARGUMENT: "point_origin.argument",
    Origin.USUAL: "point_origin.usual",
    Origin.EARLIER: "point_origin.earlier",
    Origin.CENTRE: "point_origin.centre",
    Origin.RANDOM: "point_origin.random",
}
_DEFAULTS = (Origin.YOURS, Origin.HELP, Origin.TEMPLATE, Origin.ARGUMENT)


def first_points_text(points: Sequence[FirstPoint]) -> Message | None:
    """What is said of a search before it starts; None when nothing but the centre is known."""
    parts = _parts(points)
    return Message("first_points.all", parts=parts) if parts else None


def first_points_list(points: Sequence[FirstPoint]) -> str:
    """Where the first trials of a search come from; "" when nothing but the centre is known."""
    parts = _parts(points)
    return Message("first_points.list", parts=parts) if parts else ""


def origin_text(origin: Origin) -> Message:
    """Where a value of a first point comes from, in a word or two."""
    return Message(_ORIGINS[origin])


def _parts(points: Sequence[FirstPoint]) -> list[Message]:
    found = (_part(point, is_first=i == 0) for i, point in enumerate(points))
    return [part for part in found if part is not None]


def _part(point: FirstPoint, *, is_first: bool) -> Message | None:
    # A later point keeps defaults where it has nothing of its own.
    if is_first and point.has_defaults:
        return Message("first_points.defaults", values=_values(point, _DEFAULTS))
    if Origin.EARLIER in point.origin.values():
        return Message("first_points.earlier")
    if Origin.USUAL in point.origin.values():
        return Message("first_points.usual", values=_values(point, (Origin.USUAL,)))
    return None


def _values(point: FirstPoint, origins: Collection[Origin]) -> list[Message]:
    """The values of these origins, and where each comes from if that is not said already."""
    return [
        Message("first_points.usual_value", name=name, value=point.params[name])
        if origin is Origin.USUAL
        else Message("first_points.value", name=name, value=point.params[name], origin=origin_text(origin))
        for name, origin in point.origin.items()
        if origin in origins
    ]
