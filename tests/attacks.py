"""Attacks on a server: what is tried, how, and what has to come back. ``docs/security.md`` shows them as a table.

They are carried out against a server on loopback that really listens, since some of them need bytes that no decent
client sends. A server of this process, over a world in which programs are Python functions.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from scriptune.api.app import create_app
from scriptune.api.connections import Gate, LimitedListener
from scriptune.api.guard import MAX_BODY_BYTES, cookie_name
from scriptune.api.server import HttpServer
from scriptune.core.job import SearchJob
from scriptune.engine.keys import AccessKey, KeyStore, Role
from scriptune.modelarts.routes import router as modelarts_router
from scriptune.modelarts.signature import Signed, canonical_request, sign
from service import TOKEN, V1, cookie_of_a_browser
from worlds import World

__all__ = ["ATTACKS", "BUDGET_S", "Attack", "Target", "attacked_server", "table"]

V2 = "/v2/p"
LIMIT_S = 200.0  # for what hangs; how long an answer takes depends on the machine's other work
BUDGET_S = 30.0  # of processor time; an attack that costs more has succeeded
JSON = {"content-type": "application/json"}
OWNER = {"authorization": f"Bearer {TOKEN}"}
N_SLOW = 60  # more than the threads that answer requests
N_CONNECTIONS = 80  # that the attacked server may have at once
N_HALF_OPEN = 300


@dataclass
class Target:
    """A server that is attacked.

    Attributes:
        world: What is behind it.
        port: Where it listens.
        job: A job of the project ``p`` that has ended.
        foreign: A job of the project ``q``.
    """

    world: World
    port: int
    job: SearchJob
    foreign: SearchJob
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        # Paths are sent as they are written here: a decent client would take dots and backslashes away.
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=LIMIT_S)

    def send(self, method: str, path: str, **kwargs: Any) -> str:
        """What comes back: the status and the code of the error."""
        return _shown(self.http.request(method, path, **kwargs))

    def key(self, role: Role = Role.OPERATOR, project: str = "p") -> AccessKey:
        """A new access key."""
        return KeyStore(self.world.storage, self.world.home).create(project, role)

    def bearer(self, role: Role = Role.OPERATOR, project: str = "p") -> dict[str, str]:
        """The header of a new access key."""
        key = self.key(role, project)
        return {"authorization": f"Bearer {key.access_key}.{key.secret_key}"}

    def raw(self, *lines: str, body: bytes = b"") -> str:
        """Send bytes as they are; the status that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), LIMIT_S) as connection:
            connection.sendall("\r\n".join((*lines, "", "")).encode("latin-1") + body)
            answer = connection.makefile("rb").readline().decode("latin-1")
        return answer.split(" ")[1] if " " in answer else "closed"

    def signed(self, body: bytes, *, key: AccessKey | None = None, age: timedelta = timedelta()) -> dict[str, str]:
        """The headers of a signed request for a list of jobs."""
        key = key or self.key()
        names = ("host", "x-sdk-date")
        headers = {
            "host": f"127.0.0.1:{self.port}",
            "x-sdk-date": (self.world.clock() - age).strftime("%Y%m%dT%H%M%SZ"),
        }
        request = Signed("POST", f"{V2}/training-job-searches", "", headers, body)
        signature = sign(canonical_request(request, names), key.secret_key, headers["x-sdk-date"])
        parts = f"Access={key.access_key}, SignedHeaders={';'.join(names)}, Signature={signature}"
        return {**headers, **JSON, "authorization": f"SDK-HMAC-SHA256 {parts}"}


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        name: What it is.
        how: How it was tried.
        answer: What every request of it has to be answered with.
        run: Carries it out and returns the answers.
    """

    name: str
    how: str
    answer: str
    run: Callable[[Target], Sequence[str]]


def _shown(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return str(answer.status_code)
    if not isinstance(body, dict):
        return str(answer.status_code)
    code = body.get("error_code") or (body.get("error") or {}).get("code")
    return f"{answer.status_code} {code}" if code else str(answer.status_code)


def _training_job(**algorithm: Any) -> dict[str, Any]:
    search = {
        "reward_attrs": [{"name": "loss", "mode": "min", "regex": r"loss=(\S+)"}],
        "search_params": [{"name": "x", "lower_bound": "0", "upper_bound": "1"}],
        "algo_configs": [{"name": "random_search"}],
    }
    return {
        "kind": "job",
        "metadata": {"name": "evil"},
        "algorithm": {"command": "true", "policies": {"auto_search": search}, **algorithm},
        "spec": {"resource": {"node_count": 1}},
    }


def _post_jobs(target: Target, bodies: Sequence[bytes], **headers: str) -> list[str]:
    sent = {**OWNER, **JSON, **headers}
    return [target.send("POST", f"{V1}/jobs", content=body, headers=sent) for body in bodies]


def _training_jobs(target: Target, *algorithms: dict[str, Any]) -> list[str]:
    headers = {"x-auth-token": TOKEN}
    return [
        target.send("POST", f"{V2}/training-jobs", json=_training_job(**algorithm), headers=headers)
        for algorithm in algorithms
    ]


def _slowly(target: Target) -> list[str]:
    """Open many requests that never end, and see whether somebody else is still answered."""
    head = f"POST {V1}/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 1000\r\n"
    slow = [socket.create_connection(("127.0.0.1", target.port), LIMIT_S) for _ in range(N_SLOW)]
    try:
        for number, connection in enumerate(slow):
            connection.sendall((head + ("\r\n[" if number % 2 else "")).encode())
        return [target.send("GET", f"{V1}/jobs", headers=OWNER)]
    finally:
        for connection in slow:
            connection.close()


def _half_open(target: Target) -> list[str]:
    """Open many more connections than there may be, none of which gets on, and see whether others are answered."""
    host = "Host: 127.0.0.1\r\n"
    beginnings = (
        "",
        f"GET {V1}/jobs HTTP/1.1\r\n{host}X-Half: ",
        f"POST {V1}/jobs HTTP/1.1\r\n{host}Content-Length: 1000\r\n\r\n[",
        f"POST {V1}/jobs HTTP/1.1\r\n{host}Content-Length: 99999999\r\n\r\n[",
        f"POST {V2}/training-jobs HTTP/1.1\r\n{host}Content-Length: 1000\r\n\r\n[",
        f"POST {V2}/training-jobs HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n5\r\n[",
    )
    open_ones: list[socket.socket] = []
    answers = []
    try:
        with target.http.stream("GET", f"{V1}/events", headers=OWNER) as stream:
            lines = stream.iter_lines()
            answers.append(f"{stream.status_code} {next(lines)}")
            for number in range(N_HALF_OPEN):
                open_ones.append(socket.create_connection(("127.0.0.1", target.port), LIMIT_S))
                with suppress(OSError):
                    open_ones[-1].sendall(beginnings[number % len(beginnings)].encode())
                if number % 50 == 49:
                    # Each on a connection of its own, as a new client.
                    answers += [str(httpx.get(f"{target.http.base_url}/health", timeout=LIMIT_S).status_code)]
                    answers += [str(httpx.get(f"{target.http.base_url}{V1}/jobs", headers=OWNER).status_code)]
            added = target.world.submit()
            answers.append("200 retry: 1000" if any("event: job" in line for line in lines) else "the stream ended")
            target.world.engine.delete(added.id)
    finally:
        for connection in open_ones:
            connection.close()
    wanted = answers == ["200 retry: 1000", *["200"] * (N_HALF_OPEN // 50 * 2), "200 retry: 1000"]
    return ["200, and the stream continues" if wanted else str(answers)]


def _endless() -> Iterator[bytes]:
    for _ in range(MAX_BODY_BYTES // 65536 + 2):
        yield b" " * 65536


def _bombs(target: Target) -> list[str]:
    hay = "a" * 5000 + "!"
    regexes = ("(a+)+$", "(a|a)+$", "(a|aa)+$", r"^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){25}", r"(?<=a)(a+)+$")
    bodies = [{"regex": regex, "text": hay} for regex in regexes]
    headers = target.bearer(Role.VIEWER)
    return [target.send("POST", f"{V1}/patterns/test", json=body, headers=headers) for body in bodies]


def _long_answers(target: Target) -> list[str]:
    body = {"regex": r"(\d)", "text": "1" * 900_000}
    answer = target.http.post(f"{V1}/patterns/test", json=body, headers=target.bearer(Role.VIEWER))
    return [f"{_shown(answer)}, {'below' if len(answer.content) < 8e6 else 'above'} 8 MB"]


def _burning(target: Target) -> list[str]:
    """Requests of a viewer that would keep a core busy, all at once; each is answered or refused for its cost."""
    headers = target.bearer(Role.VIEWER)
    many = "0.1 0.2 0.3 0.4 a\n" * 50_000
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("suggest", {"text": many, "examples": ["0.3"]}),
        ("suggest", {"text": many, "examples": [f"0.{number}" for number in (1, 2, 3, 4)] * 25}),
        ("test", {"regex": "(" * 500 + r"\d" + ")" * 500, "text": "1\n" * 450_000}),
        ("test", {"regex": "[ab]*a[ab]{900}c", "text": "ab" * 450_000}),
        ("test", {"regex": "(?:a?){900}(?:a){800}", "text": ("a" * 1000 + "\n") * 900}),
        ("test", {"regex": r"(?=(a+)+b)(\d)", "text": ("a" * 18 + "\n") * 45_000}),
    ]
    with ThreadPoolExecutor(len(bodies)) as pool:
        asked = [
            pool.submit(target.send, "POST", f"{V1}/patterns/{route}", json=body, headers=headers)
            for route, body in bodies
        ]
        alive = target.send("GET", f"{V1}/jobs", headers=headers)
        answers = [one.result() for one in asked]
    expected = {"200", "422 work_limit", "422 metric_pattern"}
    return ["200 or 422" if answer in expected else answer for answer in [alive, *answers]]


def _many_keys(target: Target) -> list[str]:
    document = target.world.document()
    names = [f"trails{number}" for number in range(100_000)]
    return _post_jobs(
        target,
        [
            json.dumps({**document, **changed}).encode()
            for changed in (
                dict.fromkeys(names, 1),
                {"search": dict.fromkeys(names, 1)},
                {"parameters": {key: {"tipe": "int"} for key in names}},
                {"parameters": {name: {"type": "int", "min": 0, "max": 9} for name in names[:50_000]}},
                {"metrics": {key: {"regex": "("} for key in names}},
                {"search": {"start_with": [dict.fromkeys(names, 1)]}},
                {"search": {"samplers": "a" * 1_000_000}},
                {"objective": {"metric": "a" * 1_000_000, "goal": "minimise"}},
            )
        ],
    )


_TRAVERSALS = (
    "../token",
    "../../token",
    "..%2ftoken",
    "%2e%2e/token",
    "%2e%2e%2ftoken",
    "%252e%252e%252ftoken",
    "..%5ctoken",
    "..\\token",
    "....//token",
    "..;/token",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "token%00.js",
    "..%c0%aftoken",
)

ATTACKS: Sequence[Attack] = (
    # --- who asks
    Attack(
        "no token",
        "every kind of page without any credentials",
        "401 permission_denied",
        lambda t: [t.send("GET", path) for path in (f"{V1}/jobs", "/metrics", "/", "/assets/x.js", "/nothing")],
    ),
    Attack(
        "wrong token",
        "cut short, lengthened, other case, as `Basic`, in the cookie, in the address",
        "401 permission_denied",
        lambda t: [
            *(
                t.send("GET", f"{V1}/jobs", headers={"authorization": text})
                for text in (f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"Bearer {TOKEN.swapcase()}", f"Basic {TOKEN}")
            ),
            t.send("GET", f"{V1}/jobs", headers={"cookie": f"{cookie_name(TOKEN)}={TOKEN}"}),
            t.send("GET", f"{V1}/jobs?token={TOKEN}"),
        ],
    ),
    Attack(
        "claims of a proxy",
        "`X-Forwarded-User`, `X-Forwarded-For: 127.0.0.1`, `X-Original-URL`",
        "401 permission_denied",
        lambda t: [
            t.send("GET", f"{V1}/jobs", headers={name: text})
            for name, text in (
                ("x-forwarded-user", "admin"),
                ("x-forwarded-for", "127.0.0.1"),
                ("x-original-url", "/health"),
            )
        ],
    ),
    Attack(
        "key of another project",
        "read, list trials of, follow, stop, delete a job of `q` with an operator's key of `p`",
        "404 not_found",
        lambda t: [
            t.send(method, f"{V1}/jobs/{t.foreign.id}{rest}", headers=t.bearer())
            for method, rest in (
                ("GET", ""),
                ("GET", "/trials"),
                ("GET", "/trials/0/log"),
                ("GET", "/events"),
                ("POST", "/stop"),
                ("DELETE", ""),
            )
        ],
    ),
    Attack(
        "key of another project, signed",
        "`/v2/p` with a key of `q`",
        "404 ModelArts.2786",
        lambda t: [
            t.send(
                "POST",
                f"{V2}/training-job-searches",
                content=b"{}",
                headers=t.signed(b"{}", key=t.key(project="q")),
            )
        ],
    ),
    Attack(
        "viewer as operator",
        "submit, check, inspect, stop, resume, delete, store a program",
        "403 forbidden",
        lambda t: [
            t.send(method, f"{V1}{path}", json={}, headers=t.bearer(Role.VIEWER))
            for method, path in (
                ("POST", "/jobs"),
                ("POST", "/jobs/check"),
                ("POST", "/programs"),
                ("POST", "/programs/inspect"),
                ("POST", f"/jobs/{t.job.id}/stop"),
                ("POST", f"/jobs/{t.job.id}/resume"),
                ("POST", "/patterns/test/../../jobs"),
                ("DELETE", f"/jobs/{t.job.id}"),
                ("PUT", "/programs/x"),
            )
        ],
    ),
    Attack(
        "viewer as operator, under `/v2`",
        "make, stop, delete training jobs and algorithms",
        "403 ModelArts.2784",
        lambda t: [
            t.send(method, V2 + path, json={}, headers={"x-auth-token": t.bearer(Role.VIEWER)["authorization"][7:]})
            for method, path in (
                ("POST", "/training-jobs"),
                ("POST", "/training-jobs/batch-delete"),
                ("POST", "/training-jobs/x/actions"),
                ("DELETE", "/training-jobs/x"),
                ("POST", "/algorithms"),
                ("PUT", "/algorithms/x"),
            )
        ],
    ),
    Attack(
        "operator as administrator",
        "list, make and revoke access keys, list and revoke sessions, with an operator's key",
        "403 permission_denied",
        lambda t: [
            t.send("GET", f"{V1}/keys", headers=t.bearer()),
            t.send("POST", f"{V1}/keys", json={"project": "q"}, headers=t.bearer()),
            t.send("DELETE", f"{V1}/keys/x", headers=t.bearer()),
            t.send("GET", f"{V1}/sessions", headers=t.bearer()),
            t.send("DELETE", f"{V1}/sessions", headers=t.bearer()),
        ],
    ),
    # --- from where
    Attack(
        "foreign `Host` (DNS rebinding)",
        "names that begin or end like ours, empty, with a path, with the token",
        "421 wrong_host",
        lambda t: [
            t.send("GET", f"{V1}/jobs", headers={**OWNER, "host": host})
            for host in (
                "evil.example",
                "127.0.0.1.evil.example",
                "localhost.evil.example",
                "evil/127.0.0.1",
                "10.0.0.7",
            )
        ],
    ),
    Attack(
        "two `Host` headers",
        "ours and a foreign one, in both orders",
        "400",
        lambda t: [
            t.raw(f"GET {V1}/jobs HTTP/1.1", *hosts, f"Authorization: Bearer {TOKEN}")
            for hosts in (("Host: 127.0.0.1", "Host: evil.example"), ("Host: evil.example", "Host: 127.0.0.1"))
        ],
    ),
    Attack(
        "foreign page with the console's cookie (CSRF)",
        "`Origin` of another site, port, `null`, none at all; `Sec-Fetch-Site: cross-site`",
        "403 wrong_origin",
        lambda t: [
            t.send(method, f"{V1}/jobs/{t.job.id}", headers={"cookie": cookie_of_a_browser(t.world), **headers})
            for method in ("POST", "DELETE")
            for headers in (
                {"origin": "http://evil.example"},
                {"origin": "http://127.0.0.1:1"},
                {"origin": f"http://127.0.0.1:{t.port}.evil.example"},
                {"origin": "null"},
                {"sec-fetch-site": "cross-site"},
                {"sec-fetch-site": "same-site"},
                {},
            )
        ],
    ),
    Attack(
        "form of a foreign page with the token in a field",
        "`application/x-www-form-urlencoded`, cookie, no `Origin`",
        "403 wrong_origin",
        lambda t: [
            t.send("POST", f"{V1}/jobs", data={"token": TOKEN}, headers={"cookie": cookie_of_a_browser(t.world)})
        ],
    ),
    # --- paths
    Attack(
        "path traversal",
        "14 spellings (dots, encoded once and twice, backslashes, absolute, NUL, overlong UTF-8) below pages, assets, "
        "logs and jobs",
        "4xx, and nothing of the file",
        lambda t: _traverse(t),
    ),
    Attack(
        "traversal by the number of a trial or attempt",
        "`../1`, `-1`, `1e9`, `0x0`",
        "422 invalid_request",
        lambda t: [
            *(t.send("GET", f"{V1}/jobs/{t.job.id}/trials/{text}", headers=OWNER) for text in ("-1", "1e9", "0x0")),
            *(
                t.send("GET", f"{V1}/jobs/{t.job.id}/trials/0/log", params={"attempt": text}, headers=OWNER)
                for text in ("../1", "-1", "1e9", "0x0")
            ),
        ],
    ),
    Attack(
        "boot file outside the code directory",
        "`../x.py`, an absolute path, another bucket, no Python file",
        "400 ModelArts.2792",
        lambda t: _training_jobs(
            t,
            *(
                {"code_dir": "/data/code/", "boot_file": boot}
                for boot in ("../x.py", "/etc/x.py", "obs://b/x.py", "/data/code/x.sh")
            ),
        ),
    ),
    Attack(
        "remote inputs that lead elsewhere (SSRF)",
        "`http://169.254.169.254/`, `gopher:`, `file://host/`, `obs://b/../c`, NUL",
        "400 ModelArts.2791",
        lambda t: _training_jobs(
            t,
            *(
                {"inputs": [{"name": "data_url", "remote": {"obs": {"obs_url": url}}}]}
                for url in (
                    "http://169.254.169.254/latest/",
                    "gopher://127.0.0.1:25/x",
                    "ftp://127.0.0.1/x",
                    "file://evil.example/x",
                    "file:///data/../etc",
                    "obs://b/../c",
                    "//evil.example/x/..",
                )
            ),
        ),
    ),
    # --- headers
    Attack(
        "header injection through the address",
        "`%0d%0a` in path and query of a link that is redirected",
        "303, and no header of ours",
        lambda t: _inject(t),
    ),
    Attack(
        "redirect to another host",
        "`//evil.example/`, `/\\evil.example/`, `///evil.example` with a valid token",
        "303, to this host",
        lambda t: _redirect(t),
    ),
    Attack(
        "broken lengths (request smuggling)",
        "negative, hexadecimal, two different `Content-Length`, with `Transfer-Encoding: chunked` in a wrong spelling",
        "400",
        lambda t: [
            t.raw(f"POST {V1}/jobs HTTP/1.1", "Host: 127.0.0.1", *lines, body=b"{}")
            for lines in (
                ("Content-Length: -1",),
                ("Content-Length: 0x2",),
                ("Content-Length: 2", "Content-Length: 3"),
                ("Transfer-Encoding: chunkedd",),
            )
        ],
    ),
    # --- bodies
    Attack(
        "oversized body",
        "5 MB with its length, and hidden in chunks",
        "413 too_large",
        lambda t: [
            *_post_jobs(t, [b" " * 5_000_000]),
            t.send("POST", f"{V1}/jobs", content=_endless(), headers={**OWNER, **JSON}),
        ],
    ),
    Attack(
        "compressed bomb",
        "1 GB of blanks as 4 MB with `Content-Encoding: gzip`; it is not unpacked",
        "400 invalid_request",
        lambda t: _post_jobs(t, [gzip.compress(b" " * 2**30, 1)[: MAX_BODY_BYTES - 1]], **{"content-encoding": "gzip"}),
    ),
    Attack(
        "JSON that cannot be read",
        "100,000 nested lists and objects, a number of 5,000 digits",
        "400 invalid_request",
        lambda t: _post_jobs(t, [b"[" * 100_000, b'{"a":' * 100_000, b'{"a": ' + b"9" * 5000 + b"}"]),
    ),
    Attack(
        "poisoned JSON",
        "`NaN`, no UTF-8, bare text, a list",
        "422 invalid_request",
        lambda t: _post_jobs(t, [b"NaN", b"\xff\xfe", b"x", b"[1]"]),
    ),
    Attack(
        "slow requests",
        f"{N_SLOW} requests that never send the rest of their headers or body, and one decent one",
        "200",
        _slowly,
    ),
    Attack(
        "half-open connections",
        f"{N_HALF_OPEN} connections to a server that has {N_CONNECTIONS}: silent, half a head, half a body, half of a "
        "body that is too large, below `/v2` too; beside them a stream of events, and requests of others",
        "200, and the stream continues",
        _half_open,
    ),
    Attack(
        "regexes that backtrack forever",
        "six, `(a+)+$` and with look-behind among them, on 5,000 characters, as a viewer",
        "200",
        _bombs,
    ),
    Attack(
        "regexes that fill the memory",
        "`((a{1000}){1000}){1000}`",
        "422 metric_pattern",
        lambda t: [
            t.send(
                "POST",
                f"{V1}/patterns/test",
                json={"regex": "((a{1000}){1000}){1000}", "text": "a"},
                headers=t.bearer(Role.VIEWER),
            )
        ],
    ),
    Attack(
        "answers that fill the memory",
        "`(\\d)` on one line of 900,000 digits, as a viewer; without a limit a gigabyte",
        "200, below 8 MB",
        _long_answers,
    ),
    Attack(
        "requests that burn processor time",
        "as a viewer, six at once: suggestions for 900 kB, 500 nested groups, regexes that blow up on 900 kB; and a "
        "decent one beside them",
        "200 or 422",
        _burning,
    ),
    Attack(
        "jobs with 100,000 mistakes",
        "unknown keys, parameters, metrics and start values by the hundred thousand, names of a megabyte",
        "422 job_file",
        _many_keys,
    ),
    Attack(
        "labels of the server",
        "a job that calls itself one of a ModelArts client, or of a stored program",
        "422 job_file",
        lambda t: [
            t.send("POST", f"{V1}/jobs", json={**t.world.document(), "labels": labels}, headers=t.bearer())
            for labels in ({"modelarts": "x", "face": "modelarts"}, {"program": "x"})
        ],
    ),
    # --- signatures
    Attack(
        "replay of a signature",
        "the same request 16 minutes later, and one from 16 minutes in the future",
        "401 APIG.0301",
        lambda t: [
            t.send(
                "POST",
                f"{V2}/training-job-searches",
                content=b"{}",
                headers=t.signed(b"{}", age=sign_ * timedelta(minutes=16)),
            )
            for sign_ in (1, -1)
        ],
    ),
    Attack(
        "body exchanged under a valid signature",
        "another body; the same with `X-Sdk-Content-Sha256` of the old one, or `UNSIGNED-PAYLOAD`",
        "401 APIG.0301",
        lambda t: [
            t.send("POST", f"{V2}/training-job-searches", content=b'{"limit": 2}', headers={**t.signed(b"{}"), **more})
            for more in (
                {},
                {"x-sdk-content-sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
                {"x-sdk-content-sha256": "UNSIGNED-PAYLOAD"},
            )
        ],
    ),
    Attack(
        "method, path or query exchanged under a valid signature",
        "`DELETE`, another route, a further parameter",
        "401 APIG.0301",
        lambda t: [
            t.send(method, V2 + path, content=b"{}", headers=t.signed(b"{}"))
            for method, path in (
                ("PUT", "/training-job-searches"),
                ("POST", "/training-jobs"),
                ("POST", "/training-job-searches?a=1"),
            )
        ],
    ),
    Attack(
        "signed header sent twice",
        "`X-Sdk-Date` with a second value, in both orders; `Authorization` twice",
        "401 APIG.0301",
        lambda t: _repeat_headers(t),
    ),
    Attack(
        "weaker algorithm",
        "`SDK-HMAC-SM3`, `V11-HMAC-SHA256`, `none`; `Host` or date not signed",
        "401 APIG.0301",
        lambda t: [
            t.send(
                "POST",
                f"{V2}/training-job-searches",
                content=b"{}",
                headers={**headers, "authorization": headers["authorization"].replace(*change)},
            )
            for headers in [t.signed(b"{}")]
            for change in (
                ("SDK-HMAC-SHA256", "SDK-HMAC-SM3"),
                ("SDK-HMAC-SHA256", "V11-HMAC-SHA256"),
                ("SDK-HMAC-SHA256", "none"),
                ("host;x-sdk-date", "x-sdk-date"),
                ("host;x-sdk-date", "host"),
                ("host;x-sdk-date", ""),
            )
        ],
    ),
    # --- what a program leaves in its folder
    Attack(
        "a log that is a secret, a pipe, a device",
        "`output.log` replaced by a link to the token, a named pipe, a link to `/dev/zero`, a folder; then read, "
        "searched, downloaded, scanned for captures",
        "404 not_found",
        lambda t: _replaced_logs(t),
    ),
)


def _traverse(target: Target) -> list[str]:
    (target.world.home / "token").write_text("secret-of-the-home")
    found = []
    for prefix in ("/", "/assets/", f"{V1}/jobs/{target.job.id}/trials/0/log/", f"{V1}/jobs/"):
        for path in _TRAVERSALS:
            request = f"GET {prefix}{path} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
            with socket.create_connection(("127.0.0.1", target.port), LIMIT_S) as connection:
                connection.sendall(request.encode("latin-1"))
                answer = connection.makefile("rb").read().decode("latin-1")
            leaks = "secret-of-the-home" in answer or "root:" in answer
            is_refused = answer.split(" ")[1].startswith("4")
            found.append("4xx, and nothing of the file" if is_refused and not leaks else f"{path}: {answer[:300]}")
    return found


def _inject(target: Target) -> list[str]:
    found = []
    for path in ("/a%0d%0aX-Evil:%201", "/%0aX-Evil:1", "/a?b=%0d%0aX-Evil:%201"):
        separator = "&" if "?" in path else "?"
        answer = target.http.get(f"{path}{separator}token={TOKEN}")
        clean = "x-evil" not in answer.headers and "x-evil" not in str(answer.cookies).lower()
        found.append(f"{answer.status_code}, and no header of ours" if clean else str(answer.headers))
    return found


def _redirect(target: Target) -> list[str]:
    found = []
    for path in ("//evil.example/", "/\\evil.example/", "///evil.example"):
        request = f"GET {path}?token={TOKEN} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"
        with socket.create_connection(("127.0.0.1", target.port), LIMIT_S) as connection:
            connection.sendall(request.encode())
            answer = connection.makefile("rb").read().decode("latin-1")
        [location] = [line[10:] for line in answer.splitlines() if line.lower().startswith("location: ")]
        stays = location.startswith("/") and location[1:2] not in ("/", "\\")
        found.append(f"{answer.split(' ')[1]}, to this host" if stays else location)
    return found


def _repeat_headers(target: Target) -> list[str]:
    signed = target.signed(b"{}")
    other = "20300101T000000Z"
    pairs = list(signed.items())
    twice = [("x-sdk-date", other), *pairs], [*pairs, ("x-sdk-date", other)], [*pairs, ("authorization", "x")]
    return [
        target.send("POST", f"{V2}/training-job-searches", content=b"{}", headers=headers)  # a list keeps both
        for headers in twice
    ]


@contextmanager
def attacked_server(world: World) -> Iterator[Target]:
    """A server of this process that listens on loopback until the block ends."""
    job = world.run(world.engine.submit(world.document(), base_dir=world.home, labels={"project": "p"}))
    foreign = world.engine.submit(world.document(name="foreign"), base_dir=world.home, labels={"project": "q"})
    app = create_app(world.engine, world.settings, TOKEN, run_jobs=False, routers=[modelarts_router])
    gate = Gate(N_CONNECTIONS)
    listener = LimitedListener(socket.AF_INET, gate)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = HttpServer(app, app.state.service.hub, gate, timeout_graceful_shutdown=1)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    target = Target(world, listener.getsockname()[1], job, foreign)
    try:
        yield target
    finally:
        target.http.close()
        server.handle_exit(signal.SIGTERM, None)
        thread.join(LIMIT_S)
        listener.close()


def _replaced_logs(target: Target) -> list[str]:
    """Put what is no log in the place of a log, and ask for it in every way."""
    log = target.world.home / "jobs" / target.job.id / "0" / "1" / "output.log"
    kept = log.read_bytes()
    answers = []
    for replace in (
        lambda: log.symlink_to(target.world.home / "token"),
        lambda: os.mkfifo(log),
        lambda: log.symlink_to("/dev/zero"),
        log.mkdir,
    ):
        log.unlink()
        replace()
        for rest in ("log", "log?raw=true", "log?offset=-100", "log/search?text=a", "log/file", "captures"):
            answers += [target.send("GET", f"{V1}/jobs/{target.job.id}/trials/0/{rest}", headers=OWNER)]
        if log.is_dir() and not log.is_symlink():
            log.rmdir()
            log.touch()
    log.unlink()
    log.write_bytes(kept)
    return answers


def table() -> str:
    """The attacks as a table of Markdown."""
    rows = [f"| {attack.name} | {attack.how} | {attack.answer} |" for attack in ATTACKS]
    return "\n".join(["| attack | tried how | came back |", "|---|---|---|", *rows])


if __name__ == "__main__":
    print(table())
