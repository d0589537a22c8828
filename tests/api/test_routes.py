"""The contract of every route: what it answers, and that it says no more and no less than its schema."""

from __future__ import annotations

import html
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from plugin_packages import install
from scriptune.core.job import JobState, SearchJob
from scriptune.core.trial import Trial, TrialState
from scriptune.engine.build import build_engine
from scriptune.engine.engine import Engine
from scriptune.engine.serialise import from_json, to_json
from scriptune.engine.views import JobDetail
from service import TOKEN, V1, TestClient, make_client
from worlds import Program, World


def fitting(client: TestClient, method: str, path: str, status: int = 200, **kwargs: Any) -> Any:
    """Send a request and hold its answer to the schema that the OpenAPI page gives for it."""
    answer = client.request(method, V1 + path, **kwargs)
    assert answer.status_code == status, answer.text
    if status == 204:
        assert answer.content == b""
        return None
    body = answer.json()
    document = client.app.openapi()  # type: ignore[attr-defined]  # the client knows any ASGI application
    operation = _operation(document, method.lower(), path.partition("?")[0])
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(body)
    return body


def _operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    given = (V1 + path).split("/")
    fits = []
    for template, operations in document["paths"].items():
        parts = template.split("/")
        if len(parts) == len(given) and all(p == g or p.startswith("{") for p, g in zip(parts, given, strict=True)):
            fits.append((template.count("{"), operations))
    operations = min(fits, key=lambda entry: entry[0])[1]
    found: dict[str, Any] = operations[method]
    return found


# --- jobs --------------------------------------------------------------------------------------------------


def test_a_submitted_job_is_queued_and_found_where_the_answer_says(client: TestClient, world: World) -> None:
    answer = client.post(f"{V1}/jobs", json=world.document())
    assert answer.status_code == 201
    job = answer.json()
    assert job["state"] == "queued"
    assert job["document"]["search"]["trials"] == 6
    assert client.get(answer.headers["location"]).json()["summary"]["job"]["id"] == job["id"]


def test_labels_are_texts_and_those_of_the_server_are_its_own(client: TestClient, world: World) -> None:
    # A job that called itself one of a ModelArts client broke that client's list of jobs.
    made = client.post(f"{V1}/jobs", json={**world.document(), "labels": {"project": "proj0", "team": "vision"}})
    assert made.json()["labels"] == {"project": "proj0", "team": "vision"}
    for labels in ({"modelarts": "x"}, {"face": "modelarts"}, {"program": "p"}, {"team": {"a": 1}}, {"team": 1}):
        refused = client.post(f"{V1}/jobs", json={**world.document(), "labels": labels})
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "job_file")
        assert next(iter(labels)) in refused.json()["error"]["message"]
    assert world.storage.jobs().total == 1


def test_jobs_are_listed_in_pages_sorted_and_filtered(client: TestClient, world: World) -> None:
    for name in ("a", "b", "c"):
        world.submit(name=name)
    world.run(world.submit(name="done"))
    page = fitting(client, "GET", "/jobs?limit=2&sort=name&offset=1")
    assert [item["job"]["name"] for item in page["items"]] == ["b", "c"]
    assert (page["total"], page["offset"]) == (4, 1)
    page = fitting(client, "GET", "/jobs?state=completed&state=failed")
    assert [item["job"]["name"] for item in page["items"]] == ["done"]
    assert fitting(client, "GET", "/jobs?text=on")["total"] == 1


def test_one_job_comes_with_counts_best_and_command_line(client: TestClient, done: SearchJob, world: World) -> None:
    detail = fitting(client, "GET", f"/jobs/{done.id}")
    assert detail["summary"]["counts"]["completed"] == 6
    best = world.engine.best(done.id)
    assert best is not None
    assert detail["command_line"] == best.command_line
    assert to_json(from_json(JobDetail, detail)) == detail


def test_a_job_is_found_by_name_and_by_the_beginning_of_its_id(client: TestClient, done: SearchJob) -> None:
    for ref in ("world", done.id[:6]):
        assert fitting(client, "GET", f"/jobs/{ref}")["summary"]["job"]["id"] == done.id


def test_a_deleted_job_is_gone(client: TestClient, done: SearchJob) -> None:
    fitting(client, "DELETE", f"/jobs/{done.id}", 204)
    assert client.get(f"{V1}/jobs/{done.id}").status_code == 404


def test_the_document_comes_as_json_and_as_yaml(client: TestClient, done: SearchJob) -> None:
    assert fitting(client, "GET", f"/jobs/{done.id}/document") == done.document
    answer = client.get(f"{V1}/jobs/{done.id}/document.yaml")
    assert answer.headers["content-type"].startswith("application/yaml")
    assert answer.text.startswith("name: world\n")


def test_checking_a_job_tells_what_its_regexes_find_in_a_pasted_log(client: TestClient, world: World) -> None:
    body = {"document": world.document(), "log": "loss=0.5\nloss=0.25\n"}
    report = fitting(client, "POST", "/jobs/check", json=body)
    assert (report["ok"], report["ran"], report["values"]) == (True, False, {"loss": 0.25})
    assert [capture["value"] for capture in report["captures"]] == [0.5, 0.25]


def test_checking_a_wrong_job_names_every_mistake(client: TestClient, world: World) -> None:
    document = world.document(objective={"metric": "los"}, search={"trials": 0})
    answer = client.post(f"{V1}/jobs/check", json={"document": document})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "job_file"
    assert len(error["problems"]) == 2


@pytest.mark.parametrize("options", [{"max_load": 4}, {}, None])
def test_an_executor_is_named_over_http_and_never_described(client: TestClient, world: World, options: Any) -> None:
    run = {"executor": {"polite": options}}
    document = world.document(run=run)
    program = {"name": "trainer", "command": "true", "parameters": {}, "metrics": {}, "run": run}
    for path, body in (("/jobs", document), ("/jobs/check", {"document": document}), ("/programs", program)):
        answer = client.post(V1 + path, json=body)
        assert answer.status_code == 422, path
        error = answer.json()["error"]
        assert (error["code"], error["problems"]) == ("job_file", [error["message"]])
        assert error["message"].startswith("job: run.executor: got options of polite; ")
        assert error["hint"].startswith("Write the name alone, such as 'local'")
    assert world.storage.jobs().total == 0
    fitting(client, "POST", "/jobs", 201, json=world.document(run={"executor": "local"}))


def test_checking_can_run_the_program_once(client: TestClient, world: World) -> None:
    report = fitting(client, "POST", "/jobs/check", json={"document": world.document(), "run": True})
    assert report["ran"]
    assert world.storage.jobs().total == 0


@pytest.mark.parametrize(("body", "request_kept"), [(None, "now"), ({"drain": True}, "drain")])
def test_a_running_job_is_asked_to_stop(client: TestClient, world: World, body: Any, request_kept: str) -> None:
    job = world.submit()
    assert fitting(client, "POST", f"/jobs/{job.id}/stop", json=body)["stop_requested"] == request_kept


def test_an_ended_job_is_extended_by_resume(client: TestClient, done: SearchJob) -> None:
    job = fitting(client, "POST", f"/jobs/{done.id}/resume", json={"trials": "+2"})
    assert (job["state"], job["n_trials"]) == ("queued", 8)


def test_the_limits_of_a_search_and_the_remarks_on_it_are_changed(
    client: TestClient, done: SearchJob, world: World
) -> None:
    path = f"/jobs/{done.id}"
    changes = {
        "parallel": 4,
        "trials": "+2",
        "trial_timeout": "5m",
        "name": "b",
        "note": "n",
        "tags": ["x"],
        "star": True,
    }
    job = fitting(client, "PATCH", path, json=changes)
    assert (job["document"]["run"]["parallel"], job["n_trials"]) == (4, 8)
    assert job["document"]["run"]["trial_timeout"] == 300
    assert (job["name"], job["note"], job["tags"], job["star"]) == ("b", "n", ["x"], True)
    for none in (None, "none"):
        fitting(client, "PATCH", path, json={"job_timeout": "9h"})
        assert fitting(client, "PATCH", path, json={"job_timeout": none})["document"]["run"]["job_timeout"] is None
    events = [event for event in world.engine.events(done.id) if event.kind == "change"]
    assert (len(events), events[0].data["by"]) == (5, "token")
    for wrong, says in (
        ({"parallel": 0}, "parallel"),
        ({}, "nothing is given"),
        ({"trials": 2}, "expected at least 6"),
    ):
        answer = client.patch(V1 + path, json=wrong)
        assert answer.status_code == 422
        assert says in answer.json()["error"]["message"]


def test_failed_trials_are_retried(client: TestClient, world: World) -> None:
    world.executor.program = lambda given: Program((b"no metric\n",))
    job = world.run(world.submit(run={"max_failed": None}))
    assert fitting(client, "POST", f"/jobs/{job.id}/retry", json={"number": 2})["numbers"] == [2]
    assert len(fitting(client, "POST", f"/jobs/{job.id}/retry")["numbers"]) == 5


def test_the_best_are_run_again_in_a_job_of_their_own(client: TestClient, done: SearchJob, world: World) -> None:
    made = fitting(client, "POST", f"/jobs/{done.id}/confirm", 201, json={"top": 2, "repeats": 1})
    assert (made["confirms"]["job_id"], made["n_trials"], made["state"]) == (done.id, 2, "queued")
    assert fitting(client, "GET", f"/jobs/{done.id}")["confirmation"]["n_left"] == 2
    world.run(world.engine.job_by_id(made["id"]))
    shown = fitting(client, "GET", f"/jobs/{made['id']}")["confirmation"]
    assert shown == fitting(client, "GET", f"/jobs/{done.id}")["confirmation"]
    assert [(row["n"], row["optimism"]) for row in shown["trials"]] == [(1, 0.0), (1, 0.0)]
    assert shown["notes"][0]["code"] == "confirmation.same_without_seed"


def test_enqueued_params_are_what_a_resumed_job_tries_next(client: TestClient, done: SearchJob, world: World) -> None:
    fitting(client, "POST", f"/jobs/{done.id}/enqueue", 202, json={"params": {"x": 0.125}})
    fitting(client, "POST", f"/jobs/{done.id}/enqueue", 202, json={"params": [{"x": 0.25}, {"x": 0.375}]})
    world.engine.resume(done.id, trials="+3")
    world.run(done)
    assert [world.engine.trial(done.id, n).trial.params["x"] for n in (6, 7, 8)] == [0.125, 0.25, 0.375]


def test_values_are_computed_again_with_another_regex(client: TestClient, done: SearchJob) -> None:
    body = {"regexes": {"loss": r"epoch 1 loss=(\S+)"}}
    report = fitting(client, "POST", f"/jobs/{done.id}/reparse", json=body)
    assert report["n_trials"] == 6
    assert len(report["changed"]) == 6
    back = fitting(client, "POST", f"/jobs/{done.id}/reparse", json={"regex": r"loss=(\S+)"})
    assert [(number, old) for number, _, old in back["changed"]] == [(n, new) for n, new, _ in report["changed"]]


def test_replay_agrees_with_the_record(client: TestClient, done: SearchJob) -> None:
    report = fitting(client, "POST", f"/jobs/{done.id}/replay")
    assert (report["n_derived"], report["first_difference"]) == (6, None)


# --- trials ------------------------------------------------------------------------------------------------


def test_trials_are_sorted_filtered_and_paged(client: TestClient, done: SearchJob) -> None:
    page = fitting(client, "GET", f"/jobs/{done.id}/trials?sort=value&limit=3")
    values = [trial["value"] for trial in page["items"]]
    assert values == sorted(values)
    assert (len(values), page["total"]) == (3, 6)
    assert fitting(client, "GET", f"/jobs/{done.id}/trials?state=failed")["total"] == 0


def test_trials_are_sorted_and_filtered_by_a_parameter(client: TestClient, done: SearchJob) -> None:
    page = fitting(client, "GET", f"/jobs/{done.id}/trials?sort=-params.x")
    xs = [trial["params"]["x"] for trial in page["items"]]
    assert xs == sorted(xs, reverse=True)
    middle = xs[3]
    page = fitting(client, "GET", f"/jobs/{done.id}/trials?where=params.x<{middle}&where=metrics.loss>=0&sort=duration")
    assert sorted(trial["params"]["x"] for trial in page["items"]) == sorted(x for x in xs if x < middle)
    for query in ("sort=params.y", "where=params.y<1", "where=params.x", "where=params.x<one"):
        answer = client.get(f"{V1}/jobs/{done.id}/trials?{query}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_fifty_conditions_on_trials_kept_a_processor_busy(client: TestClient, done: SearchJob) -> None:
    page = client.get(f"{V1}/jobs/{done.id}/trials", params={"where": ["params.x<2"] * 20})
    assert (page.status_code, page.json()["total"]) == (200, 6)
    answer = client.get(f"{V1}/jobs/{done.id}/trials", params={"where": ["params.x<2"] * 21})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert "at most 20 items" in answer.json()["error"]["message"]


def test_trials_come_as_columns_and_then_what_changed(client: TestClient, done: SearchJob, world: World) -> None:
    columns = fitting(client, "GET", f"/jobs/{done.id}/trials/columns")
    trials = fitting(client, "GET", f"/jobs/{done.id}/trials")["items"]
    assert columns["is_whole"]
    assert columns["number"] == [trial["number"] for trial in trials]
    assert columns["value"] == [trial["value"] for trial in trials]
    assert columns["params"] == {"x": [trial["params"]["x"] for trial in trials]}
    world.engine.resume(done.id, trials="+1")
    world.run(done)
    later = fitting(client, "GET", f"/jobs/{done.id}/trials/columns?since={columns['version']}")
    assert (later["is_whole"], later["number"]) == (False, [6])
    answer = client.get(f"{V1}/jobs/{done.id}/trials/columns")
    tag = answer.headers["etag"]
    unchanged = client.get(f"{V1}/jobs/{done.id}/trials/columns", headers={"If-None-Match": tag})
    assert unchanged.status_code == 304


def test_one_trial_comes_with_its_attempts(client: TestClient, done: SearchJob) -> None:
    detail = fitting(client, "GET", f"/jobs/{done.id}/trials/3")
    assert detail["trial"]["number"] == 3
    assert [attempt["exit"]["exit_code"] for attempt in detail["attempts"]] == [0]
    assert f"--x={detail['trial']['params']['x']}" in detail["command_line"]
    for name in ("number", "state", "params", "value", "cause"):
        assert detail[name] == detail["trial"][name]


def test_reports_come_in_the_order_of_the_log(client: TestClient, done: SearchJob) -> None:
    page = fitting(client, "GET", f"/jobs/{done.id}/trials/0/reports")
    assert [report["step"] for report in page["items"]] == [0.0, 1.0]
    assert page["total"] == 2


def test_a_log_is_read_in_parts(client: TestClient, done: SearchJob) -> None:
    whole = fitting(client, "GET", f"/jobs/{done.id}/trials/0/log")
    assert whole["ended"]
    assert whole["text"].count("\n") == 2
    last = fitting(client, "GET", f"/jobs/{done.id}/trials/0/log?offset=-20&limit=100")
    assert last["text"] == whole["text"][-20:]
    answer = client.get(f"{V1}/jobs/{done.id}/trials/0/log/file")
    assert answer.text == whole["text"]
    assert answer.headers["content-disposition"] == 'attachment; filename="trial-0.log"'


def test_a_log_is_searched(client: TestClient, done: SearchJob) -> None:
    found = fitting(client, "GET", f"/jobs/{done.id}/trials/0/log/search?text=EPOCH%202")
    assert [match["line_no"] for match in found["items"]] == [2]
    assert found["next_offset"] is None


def test_captures_in_a_log_have_their_places(client: TestClient, done: SearchJob) -> None:
    found = fitting(client, "GET", f"/jobs/{done.id}/trials/0/captures")["items"]
    assert [capture["line_no"] for capture in found] == [1, 2]
    for capture in found:
        assert capture["line"][capture["start"] : capture["end"]] == capture["text"]


def test_a_waiting_trial_is_asked_to_stop(client: TestClient, world: World) -> None:
    job = world.submit()
    with world.storage.transaction() as tx:
        tx.insert_trial(job.id, Trial(number=0, params={"x": 0.5}, state=TrialState.WAITING))
    fitting(client, "POST", f"/jobs/{job.id}/trials/0/stop")
    assert world.storage.trial(job.id, 0).stop_requested


# --- how a search went -------------------------------------------------------------------------------------


def test_best_history_and_importance_agree_with_the_engine(client: TestClient, done: SearchJob, world: World) -> None:
    best = world.engine.best(done.id)
    assert best is not None
    assert fitting(client, "GET", f"/jobs/{done.id}/best")["trial"]["number"] == best.trial.number
    assert fitting(client, "GET", f"/jobs/{done.id}/history") == to_json(world.engine.history(done.id))
    assert fitting(client, "GET", f"/jobs/{done.id}/importance") == to_json(world.engine.importance(done.id))
    assert fitting(client, "GET", f"/jobs/{done.id}/calibration") == to_json(world.engine.calibration(done.id))


def test_a_job_without_values_has_no_best_trial(client: TestClient, world: World) -> None:
    job = world.submit()
    assert fitting(client, "GET", f"/jobs/{job.id}/best") is None
    assert fitting(client, "GET", f"/jobs/{job.id}/importance") == []
    assert client.get(f"{V1}/jobs/{job.id}/marginals?parameter=x").status_code == 409


def test_plots_get_curves_marginals_and_surfaces(client: TestClient, world: World) -> None:
    parameters = {"x": {"type": "float", "min": 0.0, "max": 1.0}, "y": {"type": "categorical", "values": ["a", "b"]}}
    job = world.run(world.submit(parameters=parameters))
    curves = fitting(client, "GET", f"/jobs/{job.id}/reports?points=2")
    assert [curve["number"] for curve in curves] == list(range(6))
    assert curves[0]["steps"] == [0.0, 1.0]
    marginal = fitting(client, "GET", f"/jobs/{job.id}/marginals?parameter=y")
    assert marginal["values"] == ["a", "b"]
    surface = fitting(client, "GET", f"/jobs/{job.id}/surface?x=x&y=y")
    assert len(surface["mean"]) == 2
    assert {len(row) for row in surface["mean"]} == {len(surface["x_values"])}


# --- programs ----------------------------------------------------------------------------------------------


def program(world: World, **changes: Any) -> dict[str, Any]:
    document = world.document()
    return {
        "name": "trainer",
        "workdir": document["workdir"],
        "command": document["command"],
        "parameters": {"x": {"domain": document["parameters"]["x"]}},
        "metrics": document["metrics"],
        "objective": document["objective"],
        "samplers": ["random", "tpe"],
        **changes,
    }


def test_a_program_is_stored_changed_listed_and_deleted(client: TestClient, world: World) -> None:
    made = fitting(client, "POST", "/programs", 201, json=program(world))
    assert made["version"] == 1
    changed = fitting(client, "PUT", f"/programs/{made['id']}", json=program(world, description="better"))
    assert (changed["version"], changed["description"]) == (2, "better")
    assert fitting(client, "GET", "/programs?text=train")["total"] == 1
    assert fitting(client, "GET", f"/programs/{made['id']}?version=1")["description"] == ""
    assert fitting(client, "GET", "/programs/trainer")["version"] == 2
    assert [p["version"] for p in fitting(client, "GET", f"/programs/{made['id']}/versions")] == [2, 1]
    fitting(client, "DELETE", f"/programs/{made['id']}", 204)
    assert client.get(f"{V1}/programs/{made['id']}").status_code == 404


def test_a_job_is_made_from_a_program(client: TestClient, world: World) -> None:
    made = fitting(client, "POST", "/programs", 201, json=program(world))
    body = {"program": "trainer", "parameters": {"x": {"min": 0.25, "max": 0.5}}, "search": {"trials": 3}}
    job = fitting(client, "POST", "/jobs", 201, json=body)
    assert job["document"]["parameters"]["x"]["min"] == 0.25
    assert job["document"]["search"]["sampler"] == "random"
    assert job["labels"] == {"program": made["id"], "program_version": 1}


def test_a_job_is_made_from_a_programs_id_and_overrides(client: TestClient, world: World) -> None:
    made = fitting(client, "POST", "/programs", 201, json=program(world))
    overrides = {"parameters": {"x": {"max": 0.5}}, "search": {"trials": 3}}
    job = fitting(client, "POST", "/jobs", 201, json={"program_id": made["id"], "overrides": overrides})
    assert job["document"]["parameters"]["x"]["max"] == 0.5
    assert job["n_trials"] == 3
    for wrong in ([], {"run": {"env": {"TOKEN": "********"}}}, {"comand": "x"}):
        answer = client.post(f"{V1}/jobs", json={"program_id": made["id"], "overrides": wrong or 3})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "job_file")


def test_a_programs_parameters_are_taken_as_a_job_file_has_them(client: TestClient, world: World) -> None:
    domain = world.document()["parameters"]["x"]
    body = program(world, parameters={"x": {**domain, "editable": False}})
    made = fitting(client, "POST", "/programs", 201, json=body)
    assert made["parameters"]["x"] == {"domain": domain, "editable": False, "required": True, "help": ""}
    answer = client.post(f"{V1}/programs", json=program(world, parameters={"x": {}}))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "job_file")


def test_a_command_is_inspected(client: TestClient) -> None:
    body = {"command": "python train.py --lr=0.01 --epochs 20", "run_help": False}
    found = fitting(client, "POST", "/programs/inspect", json=body)
    assert found["command"] == ["python", "train.py"]
    assert {p["name"]: p["given"] for p in found["parameters"]} == {"lr": 0.01, "epochs": 20}


def test_a_program_is_run_once_and_what_is_found_comes_as_events(
    client: TestClient, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.engine.context, "make_executor", build_engine(world.settings, create=True).make_executor)
    script = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float, default=0.5)\n"
    script += "a = p.parse_args()\nfor n in range(6):\n    print(f'val_acc={n / 10 * a.lr}')\n"
    (tmp_path / "train.py").write_text(script)
    body = {"command": [sys.executable, "train.py"], "workdir": str(tmp_path), "run": True}
    answer = client.post(f"{V1}/programs/inspect", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [block.split("\n") for block in answer.text.strip().split("\n\n") if block.startswith("event: ")]
    found = {kind.removeprefix("event: "): json.loads(data.removeprefix("data: ")) for kind, data in events}
    assert list(found) == ["found", "output", "run", "draft"]
    assert found["found"]["parameters"][0]["default"] == 0.5
    assert "val_acc=0.25" in found["output"]["text"]
    assert found["run"]["metrics"][0]["name"] == "val_acc"
    assert found["draft"]["document"]["objective"]["goal"] == "maximize"
    assert (
        client.post(f"{V1}/jobs/check", json={"document": found["draft"]["document"], "run": False}).status_code == 200
    )


def test_a_program_that_cannot_be_run_ends_the_events_with_an_error(client: TestClient) -> None:
    answer = client.post(f"{V1}/programs/inspect", json={"command": "a 'b", "run": True})
    assert answer.text.startswith("event: error\n")
    assert '"code":"command"' in answer.text.replace(" ", "")


# --- the rest ----------------------------------------------------------------------------------------------


def test_patterns_are_tried_and_proposed(client: TestClient) -> None:
    text = "epoch 1 val_acc=0.91\nepoch 2 val_acc=0.93\n"
    tried = fitting(client, "POST", "/patterns/test", json={"regex": r"val_acc=(\S+)", "text": text})
    assert [capture["value"] for capture in tried["captures"]] == [0.91, 0.93]
    proposed = fitting(client, "POST", "/patterns/suggest", json={"text": text, "examples": ["0.91"]})
    assert [capture["value"] for capture in proposed["captures"]] == [0.91, 0.93]
    marked = {"text": text, "examples": [{"line_no": 2, "start": 16, "end": 20}]}
    assert fitting(client, "POST", "/patterns/suggest", json=marked)["regex"] == proposed["regex"]


def test_machines_are_listed_with_why_trials_wait(client: TestClient) -> None:
    [local] = fitting(client, "GET", "/nodes")
    assert (local["executor"], local["n_running"], local["waiting"], local["problem"]) == ("local", 0, [], "")


def test_samplers_defaults_and_system_are_described(client: TestClient) -> None:
    names = [row["name"] for row in fitting(client, "GET", "/samplers")]
    assert {"auto", "bayes", "tpe", "random"} <= set(names)
    assert fitting(client, "GET", "/defaults")["search"]["trials"] == 20
    system = fitting(client, "GET", "/system")
    assert system["cpus"] >= 1
    assert system["who"] == {"kind": "token", "role": "admin", "project": None}


def test_stopping_rules_are_listed_with_those_of_packages(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = '''
"""A stopping rule in a package of its own."""
from dataclasses import dataclass

from scriptune.plugins.options import option


@dataclass(frozen=True)
class Options:
    patience: int = option(3, "How many reports it waits.", low=1)


class Patient:
    """Stops what does not improve."""

    options_class = Options

    def record(self, number, step, value, protected=False): ...
    def finish(self, number, step, completed): ...
'''
    points = {"scriptune.stopping_rules": {"patient": "patient_for_api:Patient"}}
    install(tmp_path / "site", "their-rules", points, {"patient_for_api": source})
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    rows = {row["name"]: row for row in fitting(client, "GET", "/stopping-rules")}
    assert (rows["none"]["package"], rows["none"]["options"]) == ("", [])
    theirs = rows["patient"]
    assert (theirs["description"], theirs["package"]) == ("Stops what does not improve.", "their-rules")
    assert [(entry["name"], entry["default"]) for entry in theirs["options"]] == [("patience", 3)]


def test_usual_values_are_listed_by_the_names_of_a_program(client: TestClient) -> None:
    rows = fitting(client, "GET", "/usual-values?name=C&name=gamma&name=x0")
    assert [(row["kind"], row["value"]) for row in rows] == [("svm", 16), ("svm", 0.01), ("any", None)]
    assert len(fitting(client, "GET", "/usual-values")) > 100


def test_keys_are_made_listed_and_revoked(client: TestClient) -> None:
    key = fitting(client, "POST", "/keys", 201, json={"project": "vision", "role": "viewer"})
    listed = fitting(client, "GET", "/keys")["items"]
    assert [row["access_key"] for row in listed] == [key["access_key"]]
    assert key["secret_key"] not in str(listed)
    fitting(client, "DELETE", f"/keys/{key['access_key']}", 204)
    assert fitting(client, "GET", "/keys")["items"] == []


def test_health_needs_no_token(stranger: TestClient) -> None:
    assert fitting(stranger, "GET", "/health")["status"] == "ok"
    assert stranger.get("/health").json()["status"] == "ok"


@pytest.mark.parametrize("path", ["/health", f"{V1}/health"])
def test_health_is_answered_without_a_body_too(stranger: TestClient, path: str) -> None:
    answer = stranger.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_metrics_count_jobs_and_trials(client: TestClient, done: SearchJob, world: World) -> None:
    world.submit()
    text = client.get("/metrics").text
    assert 'scriptune_jobs{state="completed"} 1.0' in text
    assert 'scriptune_trials{state="completed"} 6.0' in text
    assert "scriptune_queued_jobs 1.0" in text
    assert "scriptune_suggestion_seconds_total" in text


def test_the_documentation_names_every_route_and_loads_nothing(client: TestClient) -> None:
    page = client.get(f"{V1}/docs")
    for path in client.app.openapi()["paths"]:  # type: ignore[attr-defined]  # as in fitting
        assert path in page.text
    assert "<script" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert client.get("/docs").text == page.text


def test_every_body_is_documented_with_an_example_that_fits(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert document == client.get(f"{V1}/openapi.json").json()
    page = client.get(f"{V1}/docs").text
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    bodies = [operation["requestBody"] for operation in operations if "requestBody" in operation]
    assert len(bodies) == page.count("<p>Body:") == len(re.findall("<p>Body:.*?</p><pre>", page))
    for shown, body in zip(re.findall("<p>Body:.*?</p><pre>(.*?)</pre>", page, re.DOTALL), bodies, strict=True):
        example = json.loads(html.unescape(shown))
        schema = body["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(example)


# --- polling -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/trials", "/trials/0", "/history", "/importance", "/reports", "/best"])
def test_a_poller_is_told_that_nothing_changed_until_something_does(
    client: TestClient, done: SearchJob, world: World, path: str
) -> None:
    url = f"{V1}/jobs/{done.id}{path}"
    tag = client.get(url).headers["etag"]
    again = client.get(url, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    world.engine.reparse(done.id, regexes={"loss": r"epoch 1 loss=(\S+)"})
    assert client.get(url, headers={"if-none-match": tag}).status_code == 200


def test_large_answers_are_compressed(client: TestClient, done: SearchJob) -> None:
    answer = client.get(f"{V1}/jobs/{done.id}/trials", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


def test_jobs_of_the_command_line_and_of_the_api_are_the_same_thing(client: TestClient, world: World) -> None:
    job = fitting(client, "POST", "/jobs", 201, json=world.document())
    assert world.run(world.storage.job(job["id"])).state is JobState.COMPLETED
    assert fitting(client, "GET", f"/jobs/{job['id']}")["summary"]["job"]["state"] == "completed"


@pytest.mark.parametrize("prefix", ["", "/lab"])
def test_behind_a_proxy_addresses_carry_its_prefix(world: World, prefix: str) -> None:
    """Whether the proxy takes the prefix off or passes it on."""
    with make_client(world, root_path="/lab/") as client:
        answer = client.get(f"{prefix}/jobs/3?token={TOKEN}")
        assert answer.headers["location"] == "/lab/jobs/3"
        assert "Path=/lab/" in answer.headers["set-cookie"]
        client.headers["authorization"] = f"Bearer {TOKEN}"
        answer = client.post(f"{prefix}{V1}/jobs", json=world.document())
        assert answer.headers["location"].startswith(f"/lab{V1}/jobs/")
        assert client.get(f"{prefix}{V1}/jobs").json()["total"] == 1


def test_a_request_that_changes_a_job_is_refused_where_a_name_is_the_beginning_of_another_id(
    world: World, client: TestClient
) -> None:
    first = world.submit(name="first")
    named = world.submit(name=first.id[:4])
    short = world.submit(name="1")
    assert client.get(f"{V1}/jobs/{first.id[:4]}").json()["summary"]["job"]["id"] == named.id
    for method, path in [("DELETE", ""), ("POST", "/stop"), ("POST", "/resume"), ("POST", "/reparse")]:
        answer = client.request(method, f"{V1}/jobs/{first.id[:4]}{path}")
        assert answer.status_code == 409
        assert named.id in answer.json()["error"]["message"]
        assert first.id in answer.json()["error"]["message"]
    assert client.delete(f"{V1}/jobs/1").status_code == 204
    assert {summary["job"]["id"] for summary in client.get(f"{V1}/jobs").json()["items"]} == {first.id, named.id}
    assert client.get(f"{V1}/jobs/{short.id[:3]}").status_code == 404
    assert client.post(f"{V1}/jobs/{named.id}/replay").status_code == 200


def test_a_key_finds_jobs_of_its_project_by_the_same_rule(world: World, client: TestClient) -> None:
    mine = world.engine.submit(world.document(name="digits"), base_dir=world.home, labels={"project": "vision"})
    twin = world.engine.submit(world.document(name="digits"), base_dir=world.home, labels={"project": "sound"})
    key = fitting(client, "POST", "/keys", 201, json={"project": "vision", "role": "operator"})
    headers = {"Authorization": f"Bearer {key['access_key']}.{key['secret_key']}"}
    with make_client(world, **headers) as other:
        for ref in ("digits", mine.id, mine.id.upper(), mine.id[:4]):
            assert other.get(f"{V1}/jobs/{ref}").json()["summary"]["job"]["id"] == mine.id
        for ref in ("Digits", mine.id[:3], twin.id, twin.id[:8]):
            assert other.get(f"{V1}/jobs/{ref}").status_code == 404
        assert other.delete(f"{V1}/jobs/digits").status_code == 204
    assert [summary.job.id for summary in world.engine.jobs().items] == [twin.id]


def test_a_description_of_another_tool_is_answered_as_a_job_file_with_notes(client: TestClient) -> None:
    body = {
        "text": "trialCommand: python a.py\ntrialConcurrency: 2\nsearchSpaceFile: s.json\ntuner: {name: TPE}\n",
        "metrics": {"metric": "m=(.*)"},
        "command": ["/bin/echo"],
        "beside": {"s.json": '{"x": {"_type": "uniform", "_value": [0, 1]}}'},
    }
    answer = fitting(client, "POST", "/import", json=body)
    assert (answer["format"], answer["tool"]) == ("nni", "NNI")
    assert answer["document"]["parameters"]["x"] == {"type": "float", "min": 0, "max": 1}
    assert {note["kind"] for note in answer["notes"]} == {"taken", "approximated", "impossible"}
    assert answer["problems"] == []
    refused = client.post("/api/v1/import", json={"text": "a: 1"})
    assert refused.status_code == 422
    assert "Not recognised" in refused.json()["error"]["message"]


def test_a_stream_of_an_inspection_ends_with_an_error_that_no_one_expected(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(Engine, "try_program", fail)
    answer = client.post("/api/v1/programs/inspect", json={"command": "echo --lr=1", "run": True, "run_help": False})
    kinds = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]
    assert kinds == ["found", "error"]
    assert '"code":"internal"' in answer.text
