"""What every route costs at the largest inputs that it accepts, and at larger ones that it refuses.

Processor time of this process counts, which does not depend on what else the machine does. A route of the OpenAPI page
that is missing here fails; so does a case that is refused for its form, which would cost nothing and prove nothing.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache, partial
from itertools import count
from typing import Any

import pytest

from scriptune.api import events, hub
from scriptune.api.service import Caller, Service
from scriptune.core.job import JobState
from scriptune.core.trial import Attempt, Phase, Report, Suggestion, Trial, TrialState
from scriptune.engine.keys import KeyStore, Role
from scriptune.storage.opening import open_storage
from service import TOKEN, V1, TestClient, make_client
from worlds import World

BUDGET_S = 6.0  # the dearest took 3.8 s; a viewer's work ends after one second of its own
N_TRIALS = 1000
N_PARAMETERS = 150
N_REPORTS = 20_000
N_PROGRAMS = 50
LONG = "a" * 1_000_000
MANY = [f"name{number}" for number in range(100_000)]
DEEP = "[" * 100_000
HUGE_INT = "9" * 4000
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@dataclass(frozen=True)
class Large:
    """What is asked about.

    Attributes:
        world: The installation; its database is a file.
        job: A search with many trials, parameters, reports and a long log.
        viewer, owner: Who asks.
    """

    world: World
    job: str
    viewer: TestClient
    owner: TestClient


@dataclass(frozen=True)
class Case:
    """One large input.

    Attributes:
        name: What is large.
        send: Arguments of the request, or what makes them: those of many megabytes are made for their test alone.
        expected: Statuses of answers; 4xx only where the input must be refused for what it is.
        path: Filled into the route.
    """

    name: str
    send: dict[str, Any] | Callable[[], dict[str, Any]] = field(default_factory=dict)
    expected: Sequence[int] = (200,)
    path: dict[str, str] = field(default_factory=dict)


def raw(text: str, media_type: str = "application/json") -> dict[str, Any]:
    return {"content": text.encode(), "headers": {"content-type": media_type}}


def query(**params: Any) -> dict[str, Any]:
    return {"params": params}


def body(**fields: Any) -> dict[str, Any]:
    return {"json": fields}


def document(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "name": "large",
        "command": ["/bin/true"],
        "parameters": {"x": {"type": "float", "min": 0.0, "max": 1.0}},
        "metrics": {"loss": {"regex": r"loss=(\S+)"}},
        "objective": {"metric": "loss", "goal": "minimize"},
        "search": {"sampler": "random", "trials": 3},
    }
    return {**base, **changes}


@cache
def hostile_changes() -> Mapping[str, dict[str, Any] | str]:
    """What makes job files large, by what is large: changed keys, or the whole text in JSON."""
    unit = {"type": "float", "min": 0.0, "max": 1.0}
    text = json.dumps(document(parameters={"x": {"type": "int", "min": 0, "max": "HUGE"}}))
    return {
        "100,000 parameters": {"parameters": dict.fromkeys(MANY, unit)},
        "2,000 parameters": {"parameters": dict.fromkeys(MANY[:2000], unit)},
        "2,000 parameters in a chain of conditions": {
            "parameters": {
                "p0": {"values": ["a", "b"]},
                **{f"p{n}": {"values": ["a", "b"], "when": {f"p{n - 1}": "a"}} for n in range(1, 2000)},
            }
        },
        "2,000 parameters that wait for one of many values": {
            "parameters": {
                "p": {"values": MANY[:2000]},
                **{f"q{n}": {**unit, "when": {"p": MANY[:100]}} for n in range(1000)},
            }
        },
        "100,000 values of one parameter": {"parameters": {"x": {"values": MANY}}},
        "100,000 equal values": {"parameters": {"x": {"values": ["a"] * 100_000}}},
        "100,000 unknown keys": dict.fromkeys(MANY, 1),
        "100,000 metrics": {"metrics": {key: {"regex": r"loss=(\S+)"} for key in MANY}},
        "a name of a megabyte": {"name": LONG},
        "a parameter's name of a megabyte": {"parameters": {LONG: unit}},
        "a regex of a megabyte": {"metrics": {"loss": {"regex": f"({LONG})"}}},
        "a regex of nested groups": {"metrics": {"loss": {"regex": "(" * 20_000 + ")" * 20_000}}},
        "a regex of many alternatives": {"metrics": {"loss": {"regex": "(" + "|".join(MANY) + ")"}}},
        "a regex that multiplies": {"metrics": {"loss": {"regex": "((a{1000}){1000}){1000}"}}},
        "a command of 100,000 words": {"command": ["/bin/true", *MANY]},
        "a command of one long word": {"command": f"/bin/true {LONG}"},
        "a command of quotation marks": {"command": "'" * 999_999},
        "a command of placeholders": {"command": ["/bin/true", "{x}" * 300_000]},
        "a command of 10,000 words": {"command": ["/bin/true", *MANY[:9999]]},
        "1,000 variables": {"run": {"env": dict.fromkeys(MANY[:1000], "a" * 3000)}},
        "100,000 start configurations": {"search": {"trials": 3, "start_with": [{"x": 0.5}] * 100_000}},
        "100,000 labels": {"labels": dict.fromkeys(MANY, "a")},
        "a label of a megabyte": {"labels": {"a": LONG}},
        "100,000 variables": {"run": {"env": dict.fromkeys(MANY, "a")}},
        "a variable of a megabyte": {"run": {"env": {"A": LONG}}},
        "a grid of a million trials": {"search": {"sampler": "grid", "trials": 1_000_000}},
        "an integer of 4,000 digits": text.replace('"HUGE"', HUGE_INT),
        "1e400": text.replace('"HUGE"', "1e400"),
        "a value that is nested 100,000 deep": text.replace('"HUGE"', DEEP),
        "a value that is nested 500 deep": text.replace('"HUGE"', "[" * 500 + "]" * 500),
        "an alias bomb of YAML": BOMB,
        "4 MB of blanks": " " * 4_000_000,
    }


def hostile_document(name: str) -> str:
    """The job file in which this is large."""
    changed = hostile_changes()[name]
    return changed if isinstance(changed, str) else json.dumps(document(**changed))


def hostile(expected: Sequence[int], wrap: Callable[[str], str] = lambda text: text) -> list[Case]:
    return [Case(name, partial(_hostile_request, name, wrap), expected) for name in hostile_changes()]


def _hostile_request(name: str, wrap: Callable[[str], str]) -> dict[str, Any]:
    return raw(wrap(hostile_document(name)))


def program(changes: str) -> str:
    """The body that stores a program, from a job file."""
    try:
        given = json.loads(changes)
    except (ValueError, RecursionError):
        return changes
    kept = {key: given[key] for key in ("name", "command", "parameters", "metrics", "objective") if key in given}
    return json.dumps({**kept, **{key: given[key] for key in given if key not in document()}})


ANY = (200, 201, 202, 204, 400, 404, 409, 413, 422)  # for what a person would be told is too much
LAST = str(N_TRIALS - 1)
WHERE = [f"params.p{number}<1" for number in range(20)]
LONG_KEY = "params." + "n" * 490
LINES = "epoch 1 loss=0.1 acc=0.2\n" * 36_000
WORDS = "0.1 0.2 0.3 0.4 a\n" * 50_000
REGEXES = {
    "nested groups": "(" * 40 + r"\d" + ")" * 40,
    "a regex of 100,000 characters": "(" + "a" * 100_000 + ")",
    "a regex of 900,000 characters": "(" + "a" * 900_000 + ")",
    "alternatives": "(" + "|".join(MANY[:50_000]) + ")",
    "repetitions": "(?:a?){900}(a){800}",
    "look-ahead that backtracks": r"(?=(a+)+b)(\d)",
    "counted classes": r"[ab]*a[ab]{900}(c)",
}
PLACES = [{"line_no": number, "start": 13, "end": 16} for number in range(1, 101)]
TEXTS = {"short lines": WORDS, "one line": "ab" * 450_000}

CASES: dict[str, list[Case]] = {
    "GET /jobs": [
        Case("a page", query(limit=1000, sort="name", text="a" * 200)),
        Case("states", query(state=["queued"] * 500)),
    ],
    "POST /jobs": hostile(ANY),
    "POST /jobs/check": [
        *hostile(ANY, lambda text: f'{{"document": {text}}}'),
        Case("a long log", body(document=document(), log=LINES), ANY),
        Case("a log of one line", body(document=document(), log="loss=" + "1" * 900_000), ANY),
        Case("a log without a value", body(document=document(), log=WORDS), ANY),
        Case("a log of carriage returns", body(document=document(), log="loss=1\r" * 140_000), ANY),
    ],
    "GET /jobs/{job_id}": [Case("a large job"), Case("a long name", expected=(404,), path={"job_id": "n" * 200})],
    "PATCH /jobs/{job_id}": [
        Case("a long number", body(trials="+" + HUGE_INT), ANY),
        Case("a megabyte of everything", body(name=LONG, note=LONG, job_timeout=LONG, tags=[LONG]), ANY),
        Case("100,000 tags", body(tags=MANY), ANY),
    ],
    "DELETE /jobs/{job_id}": [Case("a long name", expected=(404,), path={"job_id": "n" * 200})],
    "GET /jobs/{job_id}/document": [Case("many parameters")],
    "GET /jobs/{job_id}/document.yaml": [Case("many parameters")],
    "POST /jobs/{job_id}/stop": [Case("an ended job", body(drain=True), (409,))],
    "POST /jobs/{job_id}/resume": [Case("a long number", body(trials="+" + HUGE_INT), ANY)],
    "POST /jobs/{job_id}/retry": [Case("nothing failed", body(causes=["timeout"] * 100_000), ANY)],
    "POST /jobs/{job_id}/confirm": [
        Case("as many as can be", body(top=100, repeats=100), ANY),
        Case("a long flag", body(seed_flag="s" * 201), (422,)),
    ],
    "POST /jobs/{job_id}/enqueue": [
        Case("100,000 parameters", body(params=dict.fromkeys(MANY, 1)), ANY),
        Case("a name of a megabyte", body(params={LONG: 1}), ANY),
        Case("a value of a megabyte", body(params={"p0": LONG}), ANY),
        Case("a huge number", raw(f'{{"params": {{"p0": {HUGE_INT}}}}}'), ANY),
        Case("1e400", raw('{"params": {"p0": 1e400}}'), ANY),
    ],
    "POST /jobs/{job_id}/reparse": [
        Case("100,000 metrics", query(dry_run=True) | body(regexes=dict.fromkeys(MANY, "(a)")), ANY),
        *(Case(name, query(dry_run=True) | body(regex=regex), ANY) for name, regex in REGEXES.items()),
    ],
    "POST /jobs/{job_id}/reparse/undo": [Case("nothing to undo", expected=ANY)],
    "POST /jobs/{job_id}/replay": [Case("a large job", expected=ANY)],
    "GET /jobs/{job_id}/trials": [
        Case("a page", query(limit=1000)),
        Case("20 conditions", query(limit=1000, where=WHERE)),
        Case("too many conditions", query(limit=1000, where=WHERE * 100), (422,)),
        Case("sorted by a parameter", query(limit=1000, sort="-params.p7", offset=N_TRIALS // 2)),
        Case("sorted by a long name", query(sort=LONG_KEY), (404,)),
        Case("a condition on a long name", query(where=[f"{LONG_KEY}<1"] * 20), (404,)),
        Case("a long text", query(where=["params.c0=" + "v" * 900] * 20)),
        Case("1e400", query(where=["value<1e400"]), (404,)),
        Case("a huge number", query(where=[f"value<{'9' * 900}"]), (200, 404)),
        Case("1,000 numbers", query(number=list(range(1000)), limit=1000)),
    ],
    "GET /jobs/{job_id}/trials/columns": [Case("all"), Case("a foreign version", query(since="9" * 100))],
    "GET /jobs/{job_id}/trials/{number}": [Case("many parameters")],
    "POST /jobs/{job_id}/trials/{number}/stop": [Case("an ended trial", expected=(409,))],
    "GET /jobs/{job_id}/trials/{number}/reports": [
        Case("a page at the end", query(limit=1000, offset=N_REPORTS - 1000)),
        Case("a long name", query(metric="m" * 60_000), (200, 404, 422)),
    ],
    "GET /jobs/{job_id}/trials/{number}/log": [
        Case("a megabyte", query(limit=1 << 20)),
        Case("a megabyte as it is", query(limit=1 << 20, raw=True)),
        Case("a megabyte of escapes", query(limit=1 << 20, offset=-(1 << 20))),
    ],
    "GET /jobs/{job_id}/trials/{number}/log/search": [
        Case("a word in every line", query(text="loss", limit=1000)),
        Case("nothing", query(text="z" * 1000)),
        Case("nearly a line", query(text="a" * 999 + "b")),
        Case("beyond the end", query(text="a", offset=2**53)),
    ],
    "GET /jobs/{job_id}/trials/{number}/log/file": [Case("all")],
    "GET /jobs/{job_id}/trials/{number}/captures": [Case("many", query(limit=1000), (200, 422))],
    "GET /jobs/{job_id}/best": [Case("many parameters")],
    "GET /jobs/{job_id}/history": [Case("every point", query(points=100_000)), Case("few points", query(points=2))],
    "GET /jobs/{job_id}/calibration": [Case("many trials")],
    "GET /jobs/{job_id}/importance": [Case("many parameters")],
    "GET /jobs/{job_id}/marginals": [
        Case("a number", query(parameter="p0")),
        Case("a choice of many", query(parameter="c0")),
        Case("a long name", query(parameter="n" * 500), (422,)),
    ],
    "GET /jobs/{job_id}/surface": [
        Case("two numbers", query(x="p0", y="p1")),
        Case("two choices of many", query(x="c0", y="c1")),
    ],
    "GET /jobs/{job_id}/reports": [
        Case("many curves", query(points=10_000, limit=500, spread=True)),
        Case("few curves", query(points=10_000, limit=1, sort=f"-{LONG_KEY}"), (200, 404)),
    ],
    "GET /jobs/{job_id}/events": [Case("all of them")],
    "GET /events": [Case("of all jobs")],
    "GET /programs": [Case("a page", query(limit=1000, text="a" * 200)), Case("all", query(limit=1000))],
    "POST /programs": hostile(ANY, program),
    "POST /programs/inspect": [
        Case("10,000 options", body(command=["train", *(f"--{n}=1" for n in MANY[:9999])], run_help=False)),
        Case("100,000 options", body(command=["train", *(f"--{n}=1" for n in MANY)], run_help=False), (422,)),
        Case("a long text", body(command=f"train --x={LONG}", run_help=False), (422,)),
        Case("a long word", body(command=["train", f"--x={LONG}"], run_help=False)),
        Case("quotation marks", body(command="'" * 999_999, run_help=False), ANY),
    ],
    "GET /programs/{program_id}": [Case("a long name", expected=(404,), path={"program_id": "n" * 200})],
    "PUT /programs/{program_id}": [
        Case("a long name", raw(program(json.dumps(document()))), (404,), {"program_id": "n" * 200})
    ],
    "DELETE /programs/{program_id}": [Case("a long name", expected=(404,), path={"program_id": "n" * 200})],
    "GET /programs/{program_id}/versions": [Case("a long name", expected=(404,), path={"program_id": "n" * 200})],
    "POST /patterns/test": [
        *(
            Case(f"{name} on {what}", body(regex=regex, text=text), (200, 422))
            for name, regex in REGEXES.items()
            for what, text in TEXTS.items()
        ),
        Case("captures without end", body(regex=r"(\d)", text="1" * 900_000)),
    ],
    "POST /patterns/suggest": [
        Case("many lines", body(text=WORDS, examples=["0.3"]), (200, 422)),
        Case("100 examples", body(text=WORDS, examples=[f"0.{n}" for n in (1, 2, 3, 4)] * 25), (200, 422)),
        Case("one line", body(text="0.1 " * 240_000, examples=["0.1"] * 100), (200, 422)),
        Case("no whole number", body(text="a0.1 " * 190_000, examples=["a"] * 100), (422,)),
        Case("a long example", body(text="1" * 900_000, examples=["1" * 900_000]), (200, 422)),
        Case("places", body(text=LINES, examples=PLACES), (200, 422)),
    ],
    "GET /keys": [Case("all")],
    "POST /keys": [
        Case("a long name", body(project="p", name=LONG), ANY),
        Case("a long project", body(project=LONG), (422,)),
    ],
    "DELETE /keys/{access_key}": [Case("a long name", expected=(404,), path={"access_key": "n" * 200})],
    "GET /sessions": [Case("all")],
    "DELETE /sessions": [Case("all")],
    "DELETE /sessions/{session_id}": [Case("a long name", expected=(404,), path={"session_id": "n" * 200})],
    "GET /health": [Case("alive")],
    "POST /import": [
        *hostile(ANY, lambda text: f'{{"text": {json.dumps(text)}}}'),
        Case(
            "a long sweep", body(text="method: random\nprogram: a\nparameters:\n" + "  p: {value: 1}\n" * 12_000), ANY
        ),
        Case("open brackets", body(text="[" * 200_000), ANY),
        Case("a template", body(text="a~uniform(" * 19_000), ANY),
        Case("a command line", body(text="orion hunt " + "-x~'uniform(1, 2)' " * 10_000), ANY),
    ],
    "GET /samplers": [Case("all")],
    "GET /stopping-rules": [Case("all")],
    "GET /nodes": [Case("all")],
    "GET /usual-values": [Case("all"), Case("many names", {"params": {"name": MANY[:1000]}})],
    "GET /defaults": [Case("all")],
    "GET /system": [Case("all")],
}

LONG_ROUTES = {  # their many cases take a minute of processor time together
    "POST /jobs",
    "POST /jobs/check",
    "POST /programs",
    "POST /patterns/suggest",
    "POST /patterns/test",
}

# What a viewer may ask for, so a stranger with the weakest key can ask for it again and again.
_ADMIN = ("/keys", "/nodes", "/sessions")
_HARMLESS = ("/patterns/test", "/patterns/suggest", "/replay")


def fill(world: World) -> str:
    """A finished search of project ``p`` that is large in every way."""
    rng = random.Random(1)
    numbers = [f"p{number}" for number in range(N_PARAMETERS)]
    choices = {f"c{number}": [f"value{n}" for n in range(200)] for number in range(2)}
    parameters: dict[str, Any] = {name: {"type": "float", "min": 0.0, "max": 1.0} for name in numbers}
    parameters |= {name: {"values": values} for name, values in choices.items()}
    job = world.engine.submit(
        world.document(parameters=parameters, search={"trials": N_TRIALS}), base_dir=world.home, labels={"project": "p"}
    )
    now = world.clock()
    with world.storage.transaction() as tx:
        tx.update_job(job.id, state=JobState.RUNNING, started_at=now)
        for number in range(N_TRIALS):
            params: dict[str, Any] = {name: rng.random() for name in numbers}
            params |= {name: rng.choice(values) for name, values in choices.items()}
            value = (params["p0"] - 0.3) ** 2 + params["p1"] / 10
            suggestion = Suggestion(params, "random", Phase.MODEL)
            ended = Trial(number, params, TrialState.COMPLETED, suggestion=suggestion, n_attempts=1, value=value)
            ended = replace(ended, metrics={"loss": value}, started_at=now, finished_at=now + timedelta(seconds=1))
            tx.insert_trial(job.id, ended)
            tx.insert_attempt(job.id, Attempt(number, 1, TrialState.COMPLETED, f"jobs/{job.id}/{number}/1"))
            tx.append_tell(job.id, number, value)
    log = b"epoch 1 loss=0.5 acc=0.25\n" * 300_000 + b"\x1b[31mloss\x1b[0m=0.5\x1b[K\r" * 100_000 + b"a" * 3_000_000
    folder = f"jobs/{job.id}/{LAST}/1"
    (world.home / folder).mkdir(parents=True)
    (world.home / folder / "output.log").write_bytes(log)
    with world.storage.transaction() as tx:
        reports = [Report("loss", float(n), rng.random(), n * 26, now) for n in range(N_REPORTS)]
        tx.add_reports(job.id, int(LAST), 1, reports, from_offset=0, to_offset=len(log))
        tx.update_trial(job.id, int(LAST), n_reports=N_REPORTS)
        tx.update_job(job.id, state=JobState.COMPLETED, finished_at=now)
    return job.id


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Large]:
    home = tmp_path_factory.mktemp("large")
    world = World(home, open_storage(f"sqlite:///{home / 'scriptune.db'}"))
    job = fill(world)
    key = KeyStore(world.storage, world.home).create("p", Role.VIEWER)
    with (
        make_client(world, authorization=f"Bearer {TOKEN}") as owner,
        make_client(world, authorization=f"Bearer {key.access_key}.{key.secret_key}") as viewer,
    ):
        for number in range(N_PROGRAMS):
            made = owner.post(f"{V1}/programs", **raw(program(json.dumps(document(name=f"program{number}")))))
            assert made.status_code == 201, made.text
        yield Large(world, job, viewer, owner)
    world.storage.close()


def cases() -> list[Any]:
    """The cases of all routes; of those with many long ones, one is quick enough for every change."""
    return [
        pytest.param(
            route, case, id=f"{route}: {case.name}", marks=[pytest.mark.slow] * (route in LONG_ROUTES and i > 0)
        )
        for route, some in CASES.items()
        for i, case in enumerate(some)
    ]


@pytest.mark.parametrize(("route", "case"), cases())
def test_no_request_keeps_a_processor_busy(
    large: Large, route: str, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    if route.endswith("/events"):
        looks = count()
        monkeypatch.setattr(events, "_LOOK_AT_CALLER_S", 0.0)
        monkeypatch.setattr(hub, "_HEARTBEAT_S", 0.01)
        n_batches = 100  # then the stream ends; a browser would listen on

        def knows(self: Service, caller: Caller) -> bool:
            return next(looks) < n_batches

        monkeypatch.setattr(Service, "knows", knows)
    method, template = route.split(" ")
    path = template.format(**{"job_id": large.job, "number": LAST, **case.path})
    is_harmless = method == "GET" or template.endswith(_HARMLESS)
    client = large.viewer if is_harmless and not template.startswith(_ADMIN) else large.owner
    send = case.send() if callable(case.send) else case.send
    began = time.process_time()
    answer = client.request(method, V1 + path, **send)
    spent_s = time.process_time() - began
    assert answer.status_code in case.expected, answer.text[:500]
    assert len(answer.content) < 64e6
    assert spent_s < BUDGET_S, f"{spent_s:.1f} s"


def test_every_route_of_the_api_has_its_large_inputs(large: Large) -> None:
    page: dict[str, Any] = large.owner.app.openapi()["paths"]  # type: ignore[attr-defined]  # any ASGI application
    routes = {f"{method.upper()} {path.removeprefix(V1)}" for path, methods in page.items() for method in methods}
    assert routes == set(CASES)
