"""Check the ``constraints`` of a job file: each alone, and how much of the space satisfies them.

Constraints that nothing satisfies, or everything, are slips: they are found here, before a trial is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from scriptune.core.job import ParameterSpec
from scriptune.core.space import SearchSpace
from scriptune.errors import SpaceError
from scriptune.jobfile.problems import Problems
from scriptune.messages import Message

__all__ = ["constrained_space", "read_constraints"]

_RARE = 1e-3  # share of the space below which a constraint looks like a slip


def constrained_space(
    parameters: Mapping[str, ParameterSpec], all_names: Iterable[str], texts: Sequence[str]
) -> SearchSpace:
    """The search space of a job's parameters.

    Args:
        parameters: Those that are used.
        all_names: These and those that are never used.
        texts: The constraints.

    Raises:
        SpaceError: One of them is none, or the defaults violate it.
    """
    searched = {name: spec.domain for name, spec in parameters.items() if spec.domain is not None}
    fixed = {name: spec.value for name, spec in parameters.items() if spec.domain is None}
    return SearchSpace(searched, texts, fixed=dict.fromkeys(name for name in all_names if name not in searched) | fixed)


def read_constraints(
    texts: Sequence[str], parameters: Mapping[str, ParameterSpec], all_names: Iterable[str], problems: Problems
) -> None:
    """Check every constraint; see `constrained_space`."""
    names = list(all_names)
    if not texts or not problems.clean("constraints"):
        return
    spaces = []
    for i, text in enumerate(texts):
        try:
            spaces.append(constrained_space(parameters, names, [text]))
        except SpaceError as err:
            problems.add(("constraints", i), err.message)
    if not problems.clean("constraints"):
        return
    try:
        whole = constrained_space(parameters, names, texts)
    except SpaceError as err:  # there are too many
        problems.add(("constraints",), err.message)
        return
    # Imported here: jobs without constraints are checked without numpy.
    from scriptune.search.encoding import Encoding

    sets = [feasible for space in spaces if (feasible := Encoding(space).feasible)]
    shares = [feasible.share for feasible in sets]
    for i, (feasible, share) in enumerate(zip(sets, shares, strict=True)):
        if share == 0.0:
            problems.add(("constraints", i), Message("constraint.never", constraint=texts[i]))
        elif feasible.is_everything:
            problems.warn(("constraints", i), Message("constraint.always", constraint=texts[i]))
        elif share < _RARE:
            problems.warn(("constraints", i), Message("constraint.rare", constraint=texts[i], share=_percent(share)))
    if not problems.clean("constraints") or len(texts) == 1:
        return
    feasible = Encoding(whole).feasible
    together = 1.0 if feasible is None else feasible.share
    if together == 0.0:
        problems.add(("constraints",), Message("constraint.never_together", shares=[_percent(one) for one in shares]))
    elif together < _RARE <= min(shares):
        problems.warn(("constraints",), Message("constraint.rare_together", share=_percent(together)))


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
