"""The console in a real browser, against real servers that run real trials."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from consoles import TRAIN, at, document, has_ended, shot, start_server, store, submit, summary, violations
from scriptune.cli.commands.report import write_report
from scriptune.core.job import JobState
from scriptune.core.trial import Phase, Suggestion, Trial, TrialState
from scriptune.engine.build import build_engine
from scriptune.engine.engine import Engine
from scriptune.settings import load_settings
from servers import RunningServer, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

TEXTS = {
    "en": {
        "command": "Command",
        "folder": "Working directory",
        "find": "Detect parameters",
        "once": "Test run",
        "click": "Click the number",
        "trials": "Trials",
        "parallel": "Parallel trials",
        "start": "Start the search",
        "empty": "No searches yet",
        "completed": "completed",
    },
    "zh": {
        "command": "命令",
        "folder": "工作目录",
        "find": "检测参数",
        "once": "试运行",
        "click": "点击作为指标",
        "trials": "试验次数（num_samples）",
        "parallel": "并行数",
        "start": "开始搜索",
        "empty": "还没有搜索",
        "completed": "已完成",
    },
}


# --- the whole way -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_way_from_an_empty_home_to_the_best_configuration(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path, language: str
) -> None:
    (tmp_path / "train.py").write_text(TRAIN)
    say = TEXTS[language]
    page = open_page(server, locale="zh-CN" if language == "zh" else "en-GB")
    expect(page.get_by_text(say["empty"])).to_be_visible()
    shot(page, f"empty-{language}", full=False)
    page.get_by_role("navigation").first.get_by_role("link").nth(1).click()

    page.get_by_label(say["command"], exact=True).fill("python train.py --epochs=5")
    page.get_by_label(say["folder"], exact=True).fill(str(tmp_path))
    page.get_by_role("button", name=say["find"]).click()
    for name in ("lr", "dropout", "optimizer"):
        page.get_by_role("group", name=name, exact=True).get_by_role("switch").check()
    page.get_by_role("button", name=say["once"]).click()
    expect(page.get_by_text(say["click"])).to_be_visible()
    page.locator(".sample li").first.get_by_role("button").last.click()  # the accuracy stands last
    expect(page.locator(".sample button.captured")).to_have_count(5)
    page.get_by_label(say["trials"], exact=True).fill("6")
    page.get_by_label(say["parallel"], exact=True).fill("2")
    start = page.get_by_role("button", name=say["start"])
    expect(start).to_be_enabled()
    assert language == "zh" or violations(page) == []
    shot(page, f"new-{language}")
    start.click()

    page.wait_for_url("**/#/jobs/*")
    job_id = page.url.rsplit("/", 1)[1]
    expect(page.locator(".page-head .badge.completed")).to_have_text(say["completed"])
    best = summary(server, job_id)["best"]
    job = summary(server, job_id)["job"]
    assert (job["metric"], job["goal"]) == ("val_acc", "maximize")
    shown = page.locator(".headline .value").inner_text()
    assert float(shown) == pytest.approx(best["value"], abs=1e-6)
    assert page.evaluate("document.documentElement.lang").startswith(language)


def test_every_page_is_without_violations_in_both_themes(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    searches = [{"sampler": "anneal", "trials": 10, "seed": 3}, {"sampler": "random", "trials": 12, "seed": 4}]
    others = [
        submit(server, {**document(tmp_path), "name": f"by {search['sampler']}", "search": search})
        for search in searches
    ]
    job_id = submit(server, document(tmp_path, trials=24))
    until(lambda: all(has_ended(server, one) for one in [*others, job_id]), "the jobs end")
    store(server, document(tmp_path))
    n_failed = summary(server, job_id)["counts"]["failed"]
    assert n_failed > 0  # the page of failures is to be seen
    pages = {
        "jobs": "jobs",
        "job": f"jobs/{job_id}",
        "trials": f"jobs/{job_id}/trials",
        "parameters": f"jobs/{job_id}/parameters",
        "timeline": f"jobs/{job_id}/timeline",
        "file": f"jobs/{job_id}/file",
        "trial": f"jobs/{job_id}/trials/{summary(server, job_id)['best']['number']}",
        "programs": "programs",
        "settings": "settings",
    }
    found: list[str] = []
    for theme in ("light", "dark"):
        page = open_page(server, color_scheme=theme)
        for name, route in pages.items():
            at(page, server, route)
            expect(page.locator("h1")).to_be_visible()
            page.wait_for_load_state("networkidle") if name in ("programs", "settings") else None
            expect(page.locator(".loading")).to_have_count(0)
            if name == "jobs":
                for box in page.get_by_role("checkbox").all():
                    box.check()
                expect(page.get_by_role("heading", name="Side by side")).to_be_visible()
            if name == "parameters":
                expect(page.get_by_text("shading: model prediction")).to_be_visible()
            shot(page, name if theme == "light" else f"{name}-dark")
            found += [f"{theme} {name}: {text}" for text in violations(page)]
    assert found == []
    phone = open_page(server, viewport={"width": 390, "height": 800})
    for name in ("jobs", "job"):
        at(phone, server, pages[name])
        expect(phone.locator("h1")).to_be_visible()
        expect(phone.locator(".loading")).to_have_count(0)
        # Nothing sticks out to the side.
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        shot(phone, f"{name}-phone", full=False)


def test_mistakes_stand_at_their_fields_in_the_engines_words(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job_id = submit(server, document(tmp_path, trials=1))
    page = open_page(server)
    at(page, server, f"new?job={job_id}")
    lr = page.get_by_role("group", name="lr", exact=True)
    lr.get_by_label("Min").fill("abc")
    expect(lr.get_by_text("expected a number")).to_be_visible()
    lr.get_by_label("Min").fill("0.001")
    dropout = page.get_by_role("group", name="dropout", exact=True)
    dropout.get_by_role("button", name="+ condition").click()
    dropout.get_by_label("Only if").fill("optimizer=sdg")
    expect(dropout.get_by_text("'sdg'")).to_be_visible()
    dropout.get_by_label("Only if").fill("optimizer=sgd")
    expect(dropout.locator(".mistake")).to_have_count(0)
    expect(page.locator("pre", has_text="optimizer: sgd")).to_be_visible()
    page.get_by_label("Trials", exact=True).fill("0")
    field = page.locator(".field", has=page.get_by_label("Trials", exact=True))
    expect(field.get_by_text("expected 1 or more")).to_be_visible()
    expect(page.get_by_role("button", name="Start the search")).to_be_disabled()
    page.get_by_label("Regular expression").first.fill("val_acc=(")
    expect(page.get_by_text("cannot be compiled").first).to_be_visible()
    shot(page, "mistakes")


def test_one_run_shows_its_output_even_when_nothing_is_searched_yet(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    (tmp_path / "long.py").write_text(
        "for n in range(5000): print(f'step {n} loss={1 / (n + 1)}')\nprint('loss=nan')\n"
    )
    (tmp_path / "broken.py").write_text("print('starting')\nimport no_such_module\n")
    page = open_page(server)
    at(page, server, "new")
    page.get_by_label("Working directory", exact=True).fill(str(tmp_path))
    page.get_by_label("Command", exact=True).fill("python broken.py")
    page.get_by_role("button", name="Test run").click()
    expect(page.get_by_text("failed with its default values")).to_be_visible()
    expect(page.locator(".sample")).to_contain_text("No module named 'no_such_module'")
    page.get_by_label("Command", exact=True).fill("python long.py")
    page.get_by_role("button", name="Test run").click()
    lines = page.locator(".sample li")
    expect(lines.first).to_contain_text("step 0 loss=1.0")
    expect(lines.last).to_contain_text("loss=nan")
    expect(page.locator(".sample .gap")).to_have_count(1)
    lines.first.get_by_role("button").last.click()
    # What is captured and is no number is marked too.
    expect(page.locator(".sample li").last.locator("mark")).to_have_text("nan")
    expect(page.get_by_label("Goal")).to_have_value("minimize")


def test_a_chinese_page_says_what_the_server_says_in_chinese(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job_id = submit(server, document(tmp_path, trials=1))
    until(lambda: has_ended(server, job_id), "the job ends")
    page = open_page(server, locale="zh-CN")
    at(page, server, f"new?job={job_id}")
    lr = page.get_by_role("group", name="lr", exact=True)
    lr.get_by_label("最小值").fill("abc")
    expect(lr.get_by_text("得到 'abc'，应为数字。")).to_be_visible()
    page.get_by_label("试验次数（num_samples）", exact=True).fill("0")
    expect(page.get_by_text("得到 0，应不小于 1。").first).to_be_visible()
    expect(page.get_by_text("树形 Parzen 估计器；非常快")).to_be_visible()
    shot(page, "mistakes-zh")
    at(page, server, f"jobs/{job_id}/trials/0")
    expect(page.get_by_text("程序自身的默认值。")).to_be_visible()


# --- while it runs -----------------------------------------------------------------------------------------


def test_one_trial_is_stopped_early_and_counts(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job_id = submit(server, document(tmp_path, trials=2, pause=0.3, parallel=1, epochs=200))
    page = open_page(server)
    at(page, server, f"jobs/{job_id}/trials/0")
    expect(page.locator(".log mark").first).to_be_visible()
    lines = page.locator(".log .line")
    n_lines = lines.count()
    until(lambda: page.wait_for_timeout(100) or lines.count() > n_lines, "the log follows")
    shot(page, "running-trial", full=False)
    page.get_by_role("button", name="Stop this trial").click()
    expect(page.locator(".page-head .badge.early_stopped")).to_be_visible()
    trial = server.call("GET", f"/jobs/{job_id}/trials/0")["trial"]
    assert trial["state"] == "early_stopped"
    assert trial["value"] > 0
    page.get_by_role("link", name="two-knobs").click()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_label("Let running trials finish").uncheck()
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect(page.locator(".page-head .badge.stopped")).to_be_visible()


def test_an_open_page_goes_on_when_the_server_is_killed_and_started_again(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(server)
    expect(page.get_by_text("No searches yet")).to_be_visible()  # what a slow browser loads first is there
    job_id = submit(server, document(tmp_path, trials=6, pause=0.25, parallel=1))
    at(page, server, f"jobs/{job_id}")
    expect(page.get_by_text("1 running")).to_be_visible()
    server.kill()
    expect(page.locator(".banner")).to_contain_text("Cannot reach the server")
    shot(page, "disconnected", full=False)
    server.start()
    expect(page.locator(".banner")).to_have_count(0)
    expect(page.locator(".page-head .badge.completed")).to_be_visible()
    expect(page.locator(".facts").get_by_text("6 / 6")).to_be_visible()


def test_charts_come_when_they_could_not_be_fetched_at_first(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job_id = submit(server, document(tmp_path, trials=2))
    until(lambda: has_ended(server, job_id), "the job ends")
    page = open_page(server)
    page.route("**/assets/Chart-*.js", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: "/assets/Chart-" in request.url):
        at(page, server, f"jobs/{job_id}")
    expect(page.locator("[aria-busy=true]").first).to_be_attached()
    page.unroute("**/assets/Chart-*.js")
    expect(page.locator(".chart svg, .chart canvas").first).to_be_visible()


def test_a_finished_job_is_extended_and_its_failures_are_explained(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job = document(tmp_path, trials=2)
    job["parameters"]["dropout"] = {"type": "float", "min": 0.46, "max": 0.5}
    job_id = submit(server, job)
    page = open_page(server)
    at(page, server, f"jobs/{job_id}")
    expect(page.get_by_text("Exited with an error")).to_be_visible()
    expect(page.get_by_text("too much dropout").first).to_be_visible()
    until(lambda: has_ended(server, job_id), "the job ends")
    page.get_by_role("button", name="Extend").click()
    page.get_by_label("Additional trials").fill("1")
    page.get_by_role("dialog").get_by_role("button", name="Extend").click()
    expect(page.locator(".facts").get_by_text("3 / 3")).to_be_visible()


# --- large and far away ------------------------------------------------------------------------------------


def fill(engine: Engine, folder: Path, n_trials: int) -> str:
    """A finished job, written as the engine would have."""
    job = engine.submit(document(folder, trials=n_trials), base_dir=folder)
    rng = random.Random(7)
    start = datetime(2030, 1, 1, tzinfo=UTC)
    for begin in range(0, n_trials, 1000):
        with engine.storage.transaction() as tx:
            if begin == 0:
                tx.update_job(job.id, state=JobState.RUNNING, started_at=start)
            for number in range(begin, min(n_trials, begin + 1000)):
                params = {"lr": 10 ** rng.uniform(-4, 0), "dropout": rng.uniform(0, 0.5), "optimizer": "adam"}
                value = 0.9 - abs(params["dropout"] - 0.2) - rng.random() / 10
                began = start + timedelta(seconds=number)
                suggestion = Suggestion(params, "tpe", Phase.MODEL)
                waiting = Trial(
                    number, params, TrialState.WAITING, suggestion=suggestion, n_told=number, created_at=began
                )
                tx.insert_trial(job.id, waiting)
                tx.update_trial(job.id, number, state=TrialState.RUNNING, n_attempts=1, started_at=began)
                tx.append_tell(job.id, number, value)
                tx.update_trial(
                    job.id,
                    number,
                    state=TrialState.COMPLETED,
                    value=value,
                    metrics={"val_acc": value},
                    finished_at=began + timedelta(seconds=2),
                )
    with engine.storage.transaction() as tx:
        tx.update_job(job.id, state=JobState.COMPLETED, finished_at=start + timedelta(seconds=n_trials))
    return job.id


@pytest.mark.slow
def test_a_job_of_fifty_thousand_trials_is_scrolled_sorted_and_brushed(
    tmp_path: Path, open_page: Callable[..., Page]
) -> None:
    engine = build_engine(load_settings(str(tmp_path / "home")))
    job_id = fill(engine, tmp_path, 50_000)
    engine.close()
    server = start_server(tmp_path / "home")
    try:
        page = open_page(server)
        at(page, server, f"jobs/{job_id}/trials")
        expect(page.get_by_text("50,000 trials", exact=True)).to_be_visible()
        table = page.get_by_role("table")
        expect(table.get_by_role("link", name="49999", exact=True)).to_be_visible()
        assert table.get_by_role("row").count() < 60  # only what is on the screen exists
        table.evaluate("element => { element.scrollTop = 25000 * 34 }")
        expect(table.get_by_role("link", name="24999", exact=True)).to_be_visible()
        page.get_by_role("button", name="val_acc").click()
        table.evaluate("element => { element.scrollTop = 0 }")
        best = str(summary(server, job_id)["best"]["number"])
        expect(table.get_by_role("link", name=best, exact=True)).to_be_visible()
        page.get_by_role("button", name="lr", exact=True).click()
        trials = f"/jobs/{job_id}/trials"
        lowest = server.call("GET", f"{trials}?sort=params.lr&limit=1")["items"][0]["number"]
        expect(table.get_by_role("link", name=str(lowest), exact=True)).to_be_visible()
        page.get_by_label("Filter the trials").fill("dropout<0.01 val_acc>=0.65")
        chosen = server.call("GET", f"{trials}?where=params.dropout<0.01&where=value>=0.65&sort=params.lr&limit=1")
        assert 0 < chosen["total"] < 1000
        expect(page.get_by_text(f"{chosen['total']} trials", exact=True)).to_be_visible()
        expect(table.get_by_role("link", name=str(chosen["items"][0]["number"]), exact=True)).to_be_visible()
        page.get_by_label("Filter the trials").fill("drop<0.01")
        expect(page.get_by_text("There is no column drop")).to_be_visible()
        page.get_by_label("Filter the trials").fill("")
        brush(page)
        status = page.get_by_text("selected trials")
        expect(status).to_be_visible()
        # What is chosen are trials of all 50,000, not only of those whose lines are drawn.
        assert int(status.inner_text().split()[0].replace(",", "")) > 5000
        expect(table.get_by_role("row").nth(1).get_by_role("link")).to_be_visible()
        shot(page, "fifty-thousand")
    finally:
        server.stop()


def brush(page: Page) -> None:
    """Drag along the first axis of the parallel coordinates."""
    chart = page.get_by_role("img", name="One line per trial")
    expect(chart.locator("canvas")).to_be_visible()
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 120)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + 220, steps=8)
    page.mouse.up()


def test_the_report_opens_from_a_disk_without_network(server: RunningServer, tmp_path: Path, browser: Browser) -> None:
    job_id = submit(server, document(tmp_path, trials=16))
    until(lambda: has_ended(server, job_id), "the job ends")
    engine = build_engine(load_settings(str(server.home)))
    output = tmp_path / "report.html"
    write_report(engine, job_id, output)
    best = engine.job(job_id).best
    engine.close()
    server.stop()
    assert best is not None
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", offline=True)
    page = context.new_page()
    asked: list[str] = []
    broken: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(output.as_uri())
    expect(page.locator("h1")).to_have_text("two-knobs")
    assert float(page.locator(".headline .value").inner_text()) == pytest.approx(best.value, abs=1e-5)
    curves = page.get_by_role("img", name="val_acc of the trials by step")
    expect(curves.locator("canvas")).to_be_visible()
    shot(page, "report")
    page.get_by_role("link", name="Trials", exact=True).click()
    expect(page.get_by_role("table").get_by_role("link", name="15", exact=True)).to_be_visible()
    page.get_by_role("link", name="Parameters").click()
    expect(page.get_by_role("heading", name="Interactions")).to_be_visible()
    expect(page.get_by_text("shading: model prediction")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="参数交互")).to_be_visible()
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert broken == []


def test_a_report_holds_no_variables_and_cannot_be_broken_out_of(tmp_path: Path) -> None:
    engine = build_engine(load_settings(str(tmp_path / "home")))
    job = document(tmp_path, trials=5)
    job["name"] = "</script><script>alert(1)</script>"
    job["run"]["env"] = {"API_TOKEN": "s3cret value"}
    stored = engine.submit(job, base_dir=tmp_path)
    output = tmp_path / "report.html"
    write_report(engine, stored.id, output)
    engine.close()
    text = output.read_text("utf-8")
    assert "s3cret" not in text
    assert "<script>alert" not in text
    begin = text.index('id="scriptune-data">') + len('id="scriptune-data">')
    assert json.loads(text[begin : text.index("</script>", begin)])["answers"][f"/jobs/{stored.id}"]
