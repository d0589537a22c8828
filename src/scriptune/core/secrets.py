"""Detect probable secrets, and mask them in strings, commands and job files.

A list of names finds half of them. Beside it: what tokens of well-known services look like, passwords in addresses and
connection strings, assignments and flags inside of commands, and what follows from one secret for the rest: a value
that was recognised in one place is masked wherever it occurs.
"""

from __future__ import annotations

import math
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from scriptune.core.job import MASK

__all__ = ["Secrets", "is_secret", "is_secret_name", "mask_shapes", "mask_text"]

# TOKENIZERS_PARALLELISM and its like are not secrets, and a user wants to see them.
_VARIABLE = re.compile(
    r"TOKEN(?!IZ)|SECRET|PASSW|PASSPHRASE|(^|_)(PASS|PAT|JWT|DSN|SAS|PIN)(_|$)|_PWD(_|$)|CREDENTIAL|KEY|AUTH|COOKIE"
    r"|WEBHOOK|BEARER|SESSION_ID|CONNECTION_STRING|PRIVATE",
    re.IGNORECASE,
)
# max_tokens, key_dim, num_key_value_heads, author and keyframes are none: the last word decides.
_PARAMETER = re.compile(
    r"(^|[-_.])("
    r"pass(word|wd|phrase|code)?|pwd|secret|jwt|dsn|pat|bearer|credentials?|cookie|webhook(_?url)?"
    r"|(api|access|secret|private|auth|account|signing|encryption|license|ssh|master|app|client)[-_.]?(key|token|secret)"
    r"|(api|access|auth|bearer|refresh|id|hf|hub|wandb|github|gitlab|slack|bot|session|security)[-_.]?token"
    r"|token|apikey|auth"
    r")([-_.]?(id|value|string))?$",
    re.IGNORECASE,
)
_NAMES_A_PLACE = re.compile(r"([-_.](file|path|dir|folder|name|type|len|length|size|id|dim|count|url))$", re.IGNORECASE)

_SHAPES = re.compile(
    r"-----BEGIN [A-Z0-9 ]*(?:PRIVATE KEY|CERTIFICATE)[A-Z ]*-----.*?(?:-----END [A-Z0-9 ]*-----|\Z)"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"  # a JSON web token
    r"|\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"  # Amazon
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}"
    r"|\bhf_[A-Za-z0-9]{20,}|\bapi_org_[A-Za-z0-9]{20,}"
    r"|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/[A-Za-z0-9/]+"
    r"|\bsk-(?:[a-z]+-)*[A-Za-z0-9_-]{20,}|\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"
    r"|\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{20,}"  # Google
    r"|\bnpm_[A-Za-z0-9]{30,}|\bpypi-[A-Za-z0-9_-]{30,}|\bdckr_pat_[A-Za-z0-9_-]{20,}"
    r"|\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"
    r"|\b\d{8,10}:[A-Za-z0-9_-]{35}\b",  # a Telegram bot
    re.DOTALL,
)
_ADDRESS_PASSWORD = re.compile(r"(?<=://)([^/?#\s@:]*):([^/?#\s@]+)(?=@)")
_ADDRESS_TOKEN = re.compile(r"(?<=://)[^/?#\s@:]{16,}(?=@)")
_PAIR = re.compile(
    r"(?i)(\b(?:password|passwd|pwd|pass|secret|access[-_]?key|secret[-_]?key|account[-_]?key|api[-_]?key|apikey|auth[-_]?token"
    r"|access[-_]?token|token|sig|signature|client[-_]?secret|sharedaccesskey|private[-_]?key)\s*[=:]\s*)"
    r"(\"[^\"]*\"|'[^']*'|[^\s;&,'\"]+)"
)
_AUTHORIZATION = re.compile(r"(?i)\b((?:authorization\s*[:=]\s*)?(?:bearer|basic|token)\s+)([A-Za-z0-9._~+/=-]{8,})")
_ASSIGNMENT = re.compile(r"(?<![\w-])(-{0,2}[A-Za-z_][\w.-]*)=('[^']*'|\"[^\"]*\"|\S+)")
_FLAG = re.compile(r"(?<!\S)(--?[A-Za-z][\w.-]*)\s+('[^']*'|\"[^\"]*\"|[^-\s]\S*)")
_LONG = re.compile(r"[A-Za-z0-9+/_=-]{32,}")
_LEAST_ENTROPY = 4.2  # bits a character; base64 of noise has 4.7 at 40 characters, words and paths below 4
_NEVER = frozenset({"metrics", "objective"})  # parts of a job file without secrets
_LEAST_KNOWN_CHARS = 6  # a shorter value occurs by chance


def is_secret_name(name: str) -> bool:
    """Whether a parameter or flag with this name probably takes a secret."""
    plain = name.lstrip("-")
    return _PARAMETER.search(plain) is not None and _NAMES_A_PLACE.search(plain) is None


def is_secret(name: str, value: object) -> bool:
    """Whether an environment variable probably holds a secret."""
    text = str(value)
    return _VARIABLE.search(name) is not None or mask_text(text) != text or _is_noise(text)


def _is_noise(text: str) -> bool:
    """Whether a string looks like a random token: long, with digits and letters of both cases."""
    if not _LONG.fullmatch(text) or "/" in text.strip("/")[:-20]:
        return False
    kinds = (any(map(str.isdigit, text)), any(map(str.islower, text)), any(map(str.isupper, text)))
    n = len(text)
    entropy = -sum(count / n * math.log2(count / n) for count in Counter(text).values())
    return all(kinds) and entropy >= _LEAST_ENTROPY


def mask_text(text: str, found: list[str] | None = None) -> str:
    """Mask everything that looks like a secret in a string such as a command line, a message or an address.

    Args:
        text: What is shown.
        found: Gets what was masked, without its quotes.
    """
    text = _hide(_SHAPES, text, 0, found)
    text = _hide(_ADDRESS_PASSWORD, text, 2, found)
    text = _hide(_ADDRESS_TOKEN, text, 0, found)
    text = _hide(_AUTHORIZATION, text, 2, found)
    text = _hide(_ASSIGNMENT, text, 2, found, _is_secret_assignment)
    text = _hide(_FLAG, text, 2, found, lambda match: is_secret_name(match[1]) and not _is_placeholder(match[2]))
    return _hide(_PAIR, text, 2, found, lambda match: not _is_placeholder(match[2]))


def mask_shapes(text: str) -> str:
    """Mask what is recognisable as a secret by its form alone, ignoring names."""
    return _hide(_ADDRESS_PASSWORD, _hide(_SHAPES, text, 0, None), 2, None)


def _hide(
    pattern: re.Pattern[str],
    text: str,
    group: int,
    found: list[str] | None,
    is_secret_match: Callable[[re.Match[str]], bool] = lambda _: True,
) -> str:
    """Replace one group of each match by the mask."""

    def masked(match: re.Match[str]) -> str:
        if not is_secret_match(match):
            return match[0]
        if found is not None:
            found.append(match[group].strip("'\""))
        start, end = (place - match.start() for place in match.span(group))
        return match[0][:start] + MASK + match[0][end:]

    return pattern.sub(masked, text)


def _is_secret_assignment(match: re.Match[str]) -> bool:
    name, value = match.groups()
    is_variable = not name.startswith("-") and name.isupper()
    is_named = (is_variable and _VARIABLE.search(name) is not None) or is_secret_name(name)
    return (is_named or _is_noise(value.strip("'\""))) and not _is_placeholder(value)


def _is_placeholder(value: str) -> bool:
    """Whether a value cannot be a secret: a placeholder, a mask, or a number as in ``--pad-token 0``."""
    return bool(re.fullmatch(r"\{\w+\}|\$\{?\w+\}?|\*+|\d{1,4}", value.strip("'\"")))


class Secrets:
    """The secrets of one job file, and methods that mask them in the job's data.

    Args:
        document: The job file in JSON form.
        hide_env: Show no value of an environment variable at all, secret or not.
    """

    def __init__(self, document: Mapping[str, Any], *, hide_env: bool) -> None:
        self._document = document
        run = document.get("run")
        env = run.get("env") if isinstance(run, Mapping) else None
        self._env: Mapping[str, Any] = env if isinstance(env, Mapping) else {}
        self._hidden = {name for name, value in self._env.items() if hide_env or is_secret(name, value)}
        known = {str(value) for name, value in self._env.items() if is_secret(name, value)}
        known |= set(_fixed_secrets(document.get("parameters")))
        known |= set(_argument_secrets(document.get("command")))
        for value in list(known):  # the password of a connection string is printed without the rest of it
            known |= set(_inner_secrets(value))
        self._known = sorted((value for value in known if len(value) >= _LEAST_KNOWN_CHARS), key=len, reverse=True)

    @property
    def known_values(self) -> Sequence[str]:
        """The job's secrets that are long enough to be searched for in other text, longest first."""
        return self._known

    @property
    def env(self) -> Mapping[str, str]:
        """The job's environment variables, secret or not."""
        return {name: str(value) for name, value in self._env.items()}

    def text(self, text: str) -> str:
        """Mask the job's secrets, and anything that looks like one, in a command line or message."""
        for name in self._hidden:
            text = text.replace(f"{name}={shlex.quote(str(self._env[name]))}", f"{name}={MASK}")
        for value in self._known:
            quoted = shlex.quote(value)
            text = text.replace(quoted, MASK) if quoted in text else text.replace(value, MASK)
        return mask_text(text)

    def known(self, value: Any) -> Any:
        """Mask the job's secrets, and what is recognisable by its form alone, in JSON data."""
        if isinstance(value, str):
            for secret in self._known:
                value = value.replace(secret, MASK)
            return mask_shapes(value)
        if isinstance(value, Mapping):
            return {key: self.known(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.known(inner) for inner in value]
        return value

    def params(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Mask the values of secret parameters."""
        return {name: self._param(name, value) for name, value in params.items()}

    def _param(self, name: str, value: Any) -> Any:
        if is_secret_name(name) and _may_be_secret(value):
            return MASK
        return self.text(value) if isinstance(value, str) else value

    def document(self) -> dict[str, Any]:
        """The job file with its secrets masked."""
        # A regex such as token=(...) is none, and has to be shown as it is.
        shown = {key: value if key in _NEVER else self._tree(value) for key, value in self._document.items()}
        if isinstance(self._document.get("command"), list):
            shown["command"] = self._arguments(self._document["command"])
        if isinstance(parameters := self._document.get("parameters"), Mapping):
            shown["parameters"] = {name: self._parameter(name, entry) for name, entry in parameters.items()}
        if self._env:
            env = {name: MASK if name in self._hidden else value for name, value in self._env.items()}
            shown["run"] = {**shown["run"], "env": env}
        return shown

    def _arguments(self, arguments: Iterable[Any]) -> list[Any]:
        shown, hides_next = [], False
        for argument in arguments:
            text = str(argument)
            is_value = hides_next and not text.startswith("-") and not _is_placeholder(text)
            shown.append(MASK if is_value else self._tree(argument))
            hides_next = text.startswith("-") and "=" not in text and is_secret_name(text)
        return shown

    def _parameter(self, name: str, entry: Any) -> Any:
        if not isinstance(entry, Mapping) or not is_secret_name(name):
            return self._tree(entry)
        hidden = {key: MASK for key in ("value", "default") if _may_be_secret(entry.get(key))}
        values = entry.get("values")
        if isinstance(values, list):
            hidden["values"] = [MASK if _may_be_secret(value) else value for value in values]  # type: ignore[assignment]  # a list there
        domain = entry.get("domain")
        if isinstance(domain, Mapping):
            hidden["domain"] = self._parameter(name, domain)
        return {**self._tree(entry), **hidden}

    def _tree(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self._tree(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._tree(inner) for inner in value]
        return value


def _may_be_secret(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**5)


def _fixed_secrets(parameters: Any) -> Iterable[str]:
    """The possible values of parameters with secret names: fixed values, defaults and choices."""
    if not isinstance(parameters, Mapping):
        return
    for name, entry in parameters.items():
        domain = entry.get("domain", entry) if isinstance(entry, Mapping) else {}
        if not is_secret_name(name) or not isinstance(domain, Mapping):
            continue
        listed = domain.get("values")
        for value in (domain.get("value"), domain.get("default"), *(listed if isinstance(listed, list) else ())):
            if _may_be_secret(value):
                yield str(value)


def _argument_secrets(command: Any) -> Iterable[str]:
    """The secrets in a command, detected by the flag before them, by a name, or by their form."""
    if isinstance(command, str):
        yield from _inner_secrets(command)
    if not isinstance(command, list):
        return
    for argument in command:
        yield from _inner_secrets(str(argument))
    for flag, value in pairwise(command):
        text = str(flag)
        is_value = not str(value).startswith("-") and not _is_placeholder(str(value))
        if text.startswith("-") and "=" not in text and is_secret_name(text) and is_value:
            yield str(value)


def _inner_secrets(text: str) -> list[str]:
    """The secrets inside a longer string."""
    found: list[str] = []
    mask_text(text, found)
    return [secret for secret in found if MASK not in secret]
