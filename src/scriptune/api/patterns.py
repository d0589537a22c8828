"""Routes that help with metric regexes."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from scriptune.api import requests as bodies
from scriptune.api.answer_models import answer_model
from scriptune.api.answers import answer
from scriptune.api.service import CallerDep, ServiceDep
from scriptune.metrics import suggest
from scriptune.metrics.suggest import Proposal, TextCapture

__all__ = ["PatternTest", "router"]

router = APIRouter(prefix="/patterns", tags=["patterns"])


@dataclass(frozen=True)
class PatternTest:
    """The captures of a regex in sample output that is read like a trial's log.

    Attributes:
        text: The text as the captures' lines and columns count it.
        captures: What the regex captures there, including rejected numbers.
    """

    text: str
    captures: list[TextCapture]


@router.post("/test", response_model=answer_model(PatternTest))
async def try_pattern(request: Request, body: bodies.PatternBody, service: ServiceDep, caller: CallerDep) -> Response:
    """The captures of a regex in sample output that is read like a trial's log, including rejected ones."""

    def tried() -> Response:
        captures = suggest.test_pattern(body.regex, body.text)
        return answer(request, PatternTest(suggest.readable(body.text), captures))

    return await service.turns.work(request, caller.identity, tried, is_viewer=True)


@router.post("/suggest", response_model=answer_model(Proposal))
async def propose_pattern(
    request: Request, body: bodies.SuggestBody, service: ServiceDep, caller: CallerDep
) -> Response:
    """Generate a regex that captures the marked numbers and nothing else on their lines, verified on the text."""
    examples = [
        text_or_place
        if isinstance(text_or_place, str)
        else suggest.Example(text_or_place.line_no, text_or_place.start, text_or_place.end)
        for text_or_place in body.examples
    ]

    def proposed() -> Response:
        return answer(request, suggest.suggest_pattern(body.text, examples))

    return await service.turns.work(request, caller.identity, proposed, is_viewer=True)
