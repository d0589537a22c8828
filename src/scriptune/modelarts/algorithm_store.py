"""Stored algorithms, ModelArts' word for programs: kept as sent, and visible to their project only."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from scriptune.engine.engine import Engine
from scriptune.errors import ConflictError, MetricPatternError, NotFoundError
from scriptune.messages import Message
from scriptune.metrics.pattern import compile_pattern
from scriptune.modelarts.engines import whole_engine
from scriptune.modelarts.errors import algorithm_not_found, refused
from scriptune.modelarts.places import find_place
from scriptune.modelarts.schemas import AlgorithmBody, AutoSearch
from scriptune.modelarts.search_algorithms import read_search
from scriptune.modelarts.spaces import check_hyperparameters, search_entry

__all__ = ["AlgorithmStore", "StoredAlgorithm", "check_algorithm", "check_boot_file", "check_rewards"]

_KIND = "modelarts_algorithm"


@dataclass(frozen=True)
class StoredAlgorithm:
    """A stored algorithm.

    Attributes:
        id: A UUID as a string.
        project: The project that owns it.
        created_ms, updated_ms: Milliseconds since 1970; 0 when never changed.
        body: As it was sent.
    """

    id: str
    project: str
    created_ms: int
    updated_ms: int
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def parsed(self) -> AlgorithmBody:
        """The body as a typed model."""
        return AlgorithmBody.model_validate(self.body)

    def to_answer(self) -> dict[str, Any]:
        """The documented answer: lists and null as in the documentation, and numbers never as strings."""
        metadata = self.body["metadata"]
        config: dict[str, Any] = dict(self.body.get("job_config") or {})
        config.setdefault("command", "")
        config.setdefault("parameters", [])
        config.setdefault("inputs", [])
        config.setdefault("outputs", [])
        config["engine"] = whole_engine(config.get("engine"))
        config.setdefault("parameters_customization", False)
        config["code_tree"] = _code_tree(config)
        return {
            "metadata": {
                "id": self.id,
                "name": self.name,
                "description": metadata.get("description") or "",
                "create_time": self.created_ms,
                "update_time": self.updated_ms,
                "workspace_id": str(metadata.get("workspace_id") or "0"),
                "ai_project": str(metadata.get("ai_project") or "default-ai-project"),
                "user_name": "",
                "domain_id": "",
                "source": "custom",
                "api_version": "",
                "is_valid": True,
                "state": "",
                "size": 0,
                "tags": None,
                "attr_list": None,
                "version_num": 0,
            },
            "job_config": config,
            "resource_requirements": self.body.get("resource_requirements"),
            "advanced_config": self.body.get("advanced_config") or {},
        }


class AlgorithmStore:
    """The algorithms of one project.

    Args:
        engine: Stores them.
        project: Whose.
    """

    def __init__(self, engine: Engine, project: str) -> None:
        self._items = engine.items(_KIND)
        self._project = project
        self._clock = engine.clock

    def create(self, body: Mapping[str, Any]) -> StoredAlgorithm:
        """Store a new, validated algorithm.

        Raises:
            ModelArtsError: The name is taken (2821).
        """
        algorithm = StoredAlgorithm(str(uuid.uuid4()), self._project, self._now_ms(), 0, body)
        self._put(algorithm, is_new_name=True)
        return algorithm

    def change(self, algorithm_id: str, body: Mapping[str, Any]) -> StoredAlgorithm:
        """Replace an algorithm; jobs created from it are unchanged.

        Raises:
            ModelArtsError: The algorithm does not exist (2755), or the new name is taken (2821).
        """
        old = self.get(algorithm_id)
        changed = StoredAlgorithm(old.id, old.project, old.created_ms, self._now_ms(), body)
        is_renamed = changed.name != old.name
        self._put(changed, is_new_name=is_renamed)
        if is_renamed:
            self._forget(old.name)
        return changed

    def get(self, algorithm_id: str) -> StoredAlgorithm:
        """Look up an algorithm of this project.

        Raises:
            ModelArtsError: The algorithm does not exist (2755).
        """
        for algorithm in self.all():
            if algorithm.id == algorithm_id:
                return algorithm
        raise algorithm_not_found(algorithm_id)

    def delete(self, algorithm_id: str) -> None:
        """Delete an algorithm; jobs created from it are kept.

        Raises:
            ModelArtsError: The algorithm does not exist (2755).
        """
        self.get(algorithm_id)
        for row in self._rows():
            if row.id == algorithm_id:
                self._forget(row.name)

    def all(self) -> list[StoredAlgorithm]:
        """All algorithms of this project, oldest first."""
        # A process that died while it renamed one leaves it under both names; the later one counts.
        newest = {row.id: row for row in sorted(self._rows(), key=lambda row: row.updated_ms)}
        return sorted(newest.values(), key=lambda algorithm: algorithm.created_ms)

    def _rows(self) -> list[StoredAlgorithm]:
        return [StoredAlgorithm(**item) for item in self._items.all() if item["project"] == self._project]

    def _put(self, algorithm: StoredAlgorithm, *, is_new_name: bool) -> None:
        item = {
            "id": algorithm.id,
            "project": algorithm.project,
            "created_ms": algorithm.created_ms,
            "updated_ms": algorithm.updated_ms,
            "body": dict(algorithm.body),
        }
        try:
            self._items.put(self._key(algorithm.name), item, expect_absent=is_new_name)
        except ConflictError as err:
            raise refused(2821, Message("modelarts.algorithm_taken", name=algorithm.name)) from err

    def _key(self, name: str) -> str:
        """The item key of an algorithm, made from its name, so that the database keeps names unique."""
        return f"{self._project}/{name}"

    def _forget(self, name: str) -> None:
        with suppress(NotFoundError):  # another process was quicker
            self._items.delete(self._key(name))

    def _now_ms(self) -> int:
        return int(self._clock().timestamp() * 1000)


def check_algorithm(body: AlgorithmBody) -> None:
    """Reject an algorithm from which no job could be created. Folders are checked later, when a job is created.

    Raises:
        ModelArtsError: With the documented code.
        MetricPatternError: A regex that cannot be used.
    """
    config = body.job_config
    if config is not None:
        check_hyperparameters(config.parameters or [])
        check_boot_file(config.code_dir, config.boot_file)
        whole_engine(config.engine)
        for channels in (config.inputs, config.outputs):
            names = [channel.name for channel in channels or ()]
            if len(set(names)) < len(names):
                raise refused(2753, Message("modelarts.channels_repeat", names=names))
    search = body.advanced_config.auto_search if body.advanced_config else None
    if search is not None:
        _check_search(search, body)


def _check_search(search: AutoSearch, body: AlgorithmBody) -> None:
    check_rewards(search)
    defined = {p.name: p for p in (body.job_config.parameters if body.job_config else None) or ()}
    is_open = body.job_config is None or body.job_config.parameters_customization
    for param in search.search_params or ():
        if param.name not in defined and not is_open:
            raise refused(2826, Message("modelarts.no_such_hyperparameter", name=param.name))
        search_entry(param, defined.get(param.name))
    for config in search.algo_configs or ():
        read_search([config])


def check_rewards(search: AutoSearch) -> None:
    """Reject repeated metrics and unusable regexes.

    Raises:
        ModelArtsError: A name twice (2824), a regex that cannot be used (2826).
    """
    names = [reward.name for reward in search.reward_attrs or ()]
    if len(set(names)) < len(names):
        raise refused(2824, Message("modelarts.metrics_repeat", names=names))
    for reward in search.reward_attrs or ():
        if reward.regex:
            try:
                compile_pattern(reward.name, reward.regex)
            except MetricPatternError as err:
                raise refused(2826, err.message, hint=err.hint) from err


def check_boot_file(code_dir: str | None, boot_file: str | None) -> str | None:
    """The boot file relative to the code directory; None if neither is given.

    Raises:
        ModelArtsError: Only one of the two (2757, 2758), not a Python file inside the directory (2792), or no path.
    """
    if not code_dir and not boot_file:
        return None
    if not code_dir:
        raise refused(2757, Message("modelarts.boot_file_alone", file=boot_file))
    if not boot_file:
        return None
    if not boot_file.endswith(".py"):
        raise refused(2792, Message("modelarts.boot_file_not_python", file=boot_file, folder=code_dir))
    if "://" not in boot_file and not boot_file.startswith("/"):
        relative = boot_file
    else:
        folder, file = (find_place(text, None) for text in (code_dir, boot_file))
        inside = str(folder.local or folder.remote).rstrip("/") + "/"
        path = str(file.local or file.remote)
        if (folder.local is None) != (file.local is None) or not path.startswith(inside):
            raise refused(2792, Message("modelarts.boot_file_outside", file=boot_file, folder=code_dir))
        relative = path.removeprefix(inside)
    if ".." in relative.split("/"):
        raise refused(2792, Message("modelarts.boot_file_above", file=boot_file))
    return relative


def _code_tree(config: Mapping[str, Any]) -> dict[str, Any]:
    """The code directory and boot file as an object; the client declares one where the documentation says array."""
    code_dir, boot_file = str(config.get("code_dir") or ""), str(config.get("boot_file") or "")
    if not code_dir:
        return {"name": "", "children": []}
    children: Sequence[dict[str, str]] = [{"name": boot_file.rpartition("/")[2]}] if boot_file else []
    return {"name": code_dir.rstrip("/").rpartition("/")[2] + "/", "children": children}
