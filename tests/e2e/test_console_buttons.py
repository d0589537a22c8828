"""What one can do in the console, button by button, and what first-time users stumbled over."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from consoles import TRAIN, at, document, has_ended, shot, submit, summary, violations
from scriptune.engine.build import build_engine
from scriptune.settings import load_settings
from servers import RunningServer, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

CHATTY = r"""
import sys, time
for epoch in (1, 2):
    for done in range(0, 101, 10):
        sys.stderr.write(f"\repoch {epoch} {done:3d}%")
        sys.stderr.flush()
    print(f"\n\x1b[32mval_acc={0.4 * epoch}\x1b[0m", flush=True)
"""


def ended(server: RunningServer, job: dict[str, object]) -> str:
    """A job that has run."""
    job_id = submit(server, job)
    until(lambda: has_ended(server, job_id), "the job ends")
    return job_id


def left(cell: Locator) -> float:
    box = cell.bounding_box()
    assert box is not None
    return box["x"]


# --- the buttons of a search -------------------------------------------------------------------------------


def test_a_search_is_stopped_resumed_retried_read_again_and_deleted(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job = document(tmp_path, trials=8, pause=0.4, parallel=1, epochs=5)  # still running when the page is open
    job["parameters"]["dropout"] = {"type": "float", "min": 0.3, "max": 0.5}
    job["search"] = {"sampler": "random", "trials": 8, "seed": 3}
    job_id = submit(server, job)
    page = open_page(server)
    at(page, server, f"jobs/{job_id}")
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Stop", exact=True).click()
    dialog.get_by_role("button", name="Stop").click()
    expect(page.locator(".page-head .badge.stopped")).to_be_visible()

    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".page-head .badge.completed")).to_be_visible()
    n_failed = summary(server, job_id)["counts"]["failed"]
    assert n_failed > 0

    (tmp_path / "train.py").write_text(TRAIN.replace("args.dropout > 0.45", "False"))
    page.get_by_role("button", name="Retry failed").click()
    dialog.get_by_role("button", name="Retry failed").click()
    expect(page.get_by_role("button", name="Retry failed")).to_have_count(0)
    expect(page.locator(".page-head .badge.completed")).to_be_visible()
    assert summary(server, job_id)["counts"]["failed"] == 0

    page.get_by_role("button", name="Re-parse logs").click()
    dialog.get_by_label("val_acc").fill(r"epoch (\d+)/5")
    dialog.get_by_role("button", name="Re-parse logs").click()
    expect(page.get_by_text("8 trials re-parsed, 8 values changed")).to_be_visible()
    expect(page.locator(".headline .value")).to_have_text("5")

    page.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No searches yet")).to_be_visible()


def test_logs_are_read_again_after_a_preview_and_back_again(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job = document(tmp_path, trials=3)
    job["metrics"] = {"m": {"regex": r"epoch (\d+)/"}}
    job["objective"] = {"metric": "m", "goal": "minimize"}
    job_id = ended(server, job)
    before = summary(server, job_id)["best"]
    page = open_page(server)
    at(page, server, f"jobs/{job_id}")
    page.get_by_role("button", name="Re-parse logs").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("m", exact=True).fill(r"val_acc=(\S+)")
    dialog.get_by_label("Name of the objective metric").fill("val_acc")
    dialog.get_by_label("Goal").select_option("maximize")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog.get_by_text("Preview: 3 trials re-parsed, 3 values would change")).to_be_visible()
    assert (summary(server, job_id)["best"], summary(server, job_id)["job"]["metric"]) == (before, "m")
    assert violations(page) == []
    shot(page, "reparse-preview-en", full=False)

    dialog.get_by_role("button", name="Re-parse logs").click()
    expect(page.get_by_text("3 trials re-parsed, 3 values changed")).to_be_visible()
    changed = summary(server, job_id)["job"]
    assert (changed["metric"], changed["goal"]) == ("val_acc", "maximize")
    page.get_by_role("button", name="Undo the last re-parse").click()
    expect(page.get_by_text("The last re-parse was undone")).to_be_visible()
    assert (summary(server, job_id)["best"], summary(server, job_id)["job"]["metric"]) == (before, "m")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_regex_that_finds_nothing_replaces_all_values_only_when_confirmed(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path, language: str
) -> None:
    words = {
        "en": ("Re-parse logs", "no match in 3 logs", "Change anyway"),
        "zh": ("重新解析日志", "在 3 个日志中没有匹配", "仍然修改"),
    }
    reparse, nothing, confirm = words[language]
    job_id = ended(server, document(tmp_path, trials=3))
    before = summary(server, job_id)["best"]
    page = open_page(server, locale="zh-CN" if language == "zh" else "en-GB")
    at(page, server, f"jobs/{job_id}")
    page.get_by_role("button", name=reparse).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("val_acc").fill("nowhere=([0-9.]+)")
    do = dialog.get_by_role("button", name=reparse)
    do.click()
    expect(dialog.get_by_text(nothing)).to_be_visible()
    expect(do).to_be_disabled()
    assert summary(server, job_id)["best"] == before
    shot(page, f"reparse-nothing-{language}", full=False)

    dialog.get_by_label(confirm).check()
    do.click()
    expect(dialog).to_have_count(0)
    until(lambda: summary(server, job_id)["best"] is None, "the values are gone")


def test_a_pruned_trial_says_when_its_output_was_removed(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job_id = ended(server, document(tmp_path, trials=2))
    engine = build_engine(load_settings(str(server.home)))
    engine.prune(max_size_bytes=0)
    for locale, text in (("en-GB", "This output was removed by prune on"), ("zh-CN", "此输出已于")):
        page = open_page(server, locale=locale)
        at(page, server, f"jobs/{job_id}/trials/0")
        expect(page.get_by_text(text)).to_be_visible()
        shot(page, f"pruned-{locale[:2]}")


def test_a_program_is_kept_and_the_next_search_begins_with_it(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job_id = ended(server, {**document(tmp_path, trials=1), "name": None})
    page = open_page(server)
    at(page, server, f"new?job={job_id}")
    page.get_by_role("textbox", name="Name").fill("")
    page.get_by_role("button", name="Save as a program").click()
    dialog = page.get_by_role("dialog")
    # It was empty, and the button beside it could not be pressed.
    expect(dialog.get_by_label("Name")).to_have_value("train")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Saved")).to_be_visible()
    page.get_by_role("link", name="Programs").click()
    page.locator("main").get_by_role("link", name="New search").last.click()
    page.get_by_label("Trials", exact=True).fill("2")
    page.get_by_role("button", name="Start the search").click()
    page.wait_for_url("**/#/jobs/*")
    expect(page.locator(".page-head .badge.completed")).to_be_visible()
    counts = summary(server, page.url.rsplit("/", 1)[1])["counts"]
    assert counts["completed"] + counts["failed"] == 2


def test_everything_can_be_done_with_the_keyboard(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job_id = ended(server, document(tmp_path, trials=5))
    page = open_page(server)
    expect(page.get_by_role("link", name="two-knobs")).to_be_visible()

    def tab_to(target: Locator) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if target.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"The keyboard does not reach {target}.")

    tab_to(page.get_by_role("link", name="two-knobs"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{job_id}")
    tab_to(page.get_by_role("button", name="good results"))
    page.keyboard.press("Space")
    expect(page.get_by_text("share for good trials")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    tab_to(page.get_by_role("button", name="Extend"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    tab_to(page.get_by_role("navigation", name="Views").get_by_role("link", name="Trials"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("table").get_by_role("link", name="4", exact=True)).to_be_visible()
    tab_to(page.get_by_role("table"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/trials/3")


# --- what a first-time user stumbled over ------------------------------------------------------------------


def test_progress_bars_pushed_everything_else_out_of_the_log(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job = document(tmp_path, trials=1)
    (tmp_path / "chatty.py").write_text(CHATTY)
    job["command"] = ["python", "chatty.py"]
    job["metrics"] = {"val_acc": {"regex": r"val_acc=(\S+)"}}
    job_id = ended(server, job)
    for theme in ("light", "dark"):
        page = open_page(server, color_scheme=theme)
        at(page, server, f"jobs/{job_id}/trials/0")
        expect(page.locator(".log mark")).to_have_text(["0.4", "0.8"])
        lines = page.locator(".log .line")
        assert [line.strip("\u200b") for line in lines.all_inner_texts()] == [
            "epoch 1 100%",
            "val_acc=0.4",
            "epoch 2 100%",
            "val_acc=0.8",
        ]
        expect(lines.nth(1).locator(".ansi-2").first).to_have_text("val_acc=")
        page.get_by_role("button", name="overwritten lines").click()
        expect(page.get_by_text("epoch 1  50%")).to_be_visible()
        assert violations(page) == []


def test_a_draft_was_lost_by_a_reload_and_by_a_look_at_another_page(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    document(tmp_path)
    page = open_page(server)
    at(page, server, "new")
    command = page.get_by_label("Command", exact=True)
    command.fill("python train.py")
    page.reload()
    expect(command).to_have_value("python train.py")
    page.get_by_role("link", name="Searches").click()
    expect(command).to_have_count(0)
    page.go_back()
    expect(command).to_have_value("python train.py")
    # Another tab describes another search.
    other = page.context.new_page()
    other.goto(f"{server.url}/#/new")
    expect(other.get_by_label("Command", exact=True)).to_have_value("")
    page.get_by_role("button", name="Start over").click()
    page.get_by_role("dialog").get_by_role("button", name="Start over").click()
    expect(command).to_have_value("")
    page.reload()
    expect(command).to_have_value("")


def test_a_page_whose_token_was_gone_showed_old_numbers_as_if_they_were_new(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job_id = ended(server, document(tmp_path, trials=2))
    page = open_page(server)
    at(page, server, f"new?job={job_id}")
    expect(page.get_by_text("Ready to start")).to_be_visible()
    page.context.clear_cookies()
    page.get_by_label("Trials", exact=True).fill("none")
    banner = page.get_by_text("You’ve been signed out")
    expect(banner).to_be_visible()
    assert violations(page) == []
    link = page.context.new_page()
    link.goto(f"{server.url}/?token={server.token}")
    expect(banner).to_have_count(0)
    # What was typed in the meantime is judged as soon as somebody can judge it.
    expect(page.get_by_text("expected an integer").first).to_be_visible()


def test_a_search_that_was_deleted_elsewhere_stayed_on_the_screen_with_its_buttons(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job_id = ended(server, document(tmp_path, trials=2))
    page, trial = open_page(server), open_page(server)
    at(page, server, f"jobs/{job_id}")
    at(trial, server, f"jobs/{job_id}/trials/0")
    expect(page.get_by_role("button", name="Delete")).to_be_visible()
    expect(trial.get_by_role("table", name="Parameters")).to_be_visible()
    server.call("DELETE", f"/jobs/{job_id}")
    for one in (page, trial):
        expect(one.get_by_text("Not found or deleted")).to_be_visible()
        expect(one.get_by_role("button", name="Delete")).to_have_count(0)


def test_a_script_in_another_folder_was_said_to_have_no_parameters_without_a_reason(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    document(tmp_path)
    page = open_page(server)
    at(page, server, "new")
    page.get_by_label("Working directory", exact=True).fill(str(tmp_path.parent))
    page.get_by_label("Command", exact=True).fill("python train.py")
    page.get_by_role("button", name="Detect parameters").click()
    note = page.get_by_text("No parameters found")
    expect(note).to_be_visible()
    expect(note).to_contain_text("No such file or directory")
    page.get_by_label("Working directory", exact=True).fill(str(tmp_path))
    expect(note).to_have_count(0)  # it was still there while the right folder was being asked
    # So was what a run in the wrong folder had said.
    page.get_by_label("Working directory", exact=True).fill(str(tmp_path / "nowhere"))
    page.get_by_role("button", name="Test run").click()
    error = page.get_by_role("alert").filter(has_text="job: workdir")
    expect(error).to_be_visible()
    page.get_by_label("Working directory", exact=True).fill(str(tmp_path))
    expect(error).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1024, 1440, 2560])
def test_names_and_bounds_of_parameters_were_cut_off(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path, width: int
) -> None:
    job = document(tmp_path, trials=1)
    command = "python -c 'print(1)' {learning_rate} {weight_decay}"
    parameters = {
        "learning_rate": {"type": "float", "min": 1e-5, "max": 0.1, "log": True, "default": 0.00125},
        "weight_decay": {"type": "float", "min": 1e-6, "max": 0.1, "log": True, "default": 1e-4},
    }
    job_id = ended(server, {**job, "command": command, "parameters": parameters})
    page = open_page(server, viewport={"width": width, "height": 900})
    at(page, server, f"new?job={job_id}")
    row = page.get_by_role("group", name="learning_rate", exact=True)
    expect(row).to_be_visible()
    for field in page.locator(".parameter input.mono").all():
        cut = field.evaluate("input => input.scrollWidth - input.clientWidth")
        assert cut <= 0, (width, field.input_value())
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1024])
def test_long_values_pushed_all_others_out_of_a_trial_page(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path, width: int
) -> None:
    job = document(tmp_path, trials=2)
    long = "a_category_with_a_really_long_descriptive_name_that_never_ends"
    parameters = {**job["parameters"], "recipe": {"values": [long, long + "2"], "style": "env"}}
    job_id = ended(server, {**job, "parameters": parameters})
    page = open_page(server, viewport={"width": width, "height": 900})
    for number in (0, 1):
        at(page, server, f"jobs/{job_id}/trials/{number}")
        table = page.get_by_role("table", name="Parameters")
        expect(table).to_contain_text(long)
        assert table.evaluate("table => table.scrollWidth - table.parentElement.clientWidth") <= 0
    at(page, server, f"jobs/{job_id}")
    chips = page.locator(".param b", has_text=long)  # of the best trial, and of those tried first
    expect(chips.first).to_be_visible()
    for chip in chips.all():
        assert chip.evaluate("chip => chip.parentElement.scrollWidth - chip.parentElement.clientWidth") <= 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_accuracy_and_a_loss_were_compared_on_one_axis(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job = document(tmp_path, trials=2)
    ended(server, {**job, "name": "up"})
    ended(server, {**job, "name": "down", "objective": {"metric": "val_loss", "goal": "minimize"}})
    page = open_page(server)
    page.get_by_label("Compare up").check()
    page.get_by_label("Compare down").check()
    choice = page.get_by_role("group", name="Metric")
    expect(choice.get_by_role("button", name="val_acc")).to_have_attribute("aria-pressed", "true")
    choice.get_by_role("button", name="val_loss").click()
    expect(choice.get_by_role("button", name="val_loss")).to_have_attribute("aria-pressed", "true")
    assert violations(page) == []


def test_of_several_metrics_and_errors_only_the_first_was_shown(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job = document(tmp_path, trials=8)
    script = (tmp_path / "train.py").read_text().replace("top = ", "if args.lr > 0.1: raise ValueError('lr')\ntop = ")
    (tmp_path / "train.py").write_text(script)
    job_id = ended(server, {**job, "search": {"sampler": "random", "trials": 30, "seed": 1}})
    page = open_page(server)
    at(page, server, f"jobs/{job_id}")
    expect(page.get_by_text("ValueError: lr")).to_be_visible()
    expect(page.get_by_text("too much dropout")).to_be_visible()
    page.get_by_role("group", name="Metric").get_by_role("button", name="val_loss").click()
    expect(page.get_by_label("val_loss of the trials by step")).to_be_visible()
    assert violations(page) == []


def test_a_filter_was_forgotten_by_a_look_at_one_of_its_trials(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job_id = ended(server, document(tmp_path, trials=8))
    page = open_page(server)
    at(page, server, f"jobs/{job_id}/trials")
    field = page.get_by_label("Filter the trials")
    field.fill("dropout<0.25")
    page.get_by_role("columnheader", name="dropout").click()
    first = page.get_by_role("table").get_by_role("row").nth(1).get_by_role("link")
    number = server.call("GET", f"/jobs/{job_id}/trials?where=params.dropout<0.25&sort=params.dropout")["items"][0]
    expect(first).to_have_text(str(number["number"]))
    first.click()
    expect(page.get_by_role("heading", name="Trial")).to_be_visible()
    page.go_back()
    expect(field).to_have_value("dropout<0.25")
    expect(first).to_have_text(str(number["number"]))


def test_headings_of_the_table_stood_beside_their_columns(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job_id = ended(server, document(tmp_path, trials=3))
    for width in (390, 1024, 1440):
        page = open_page(server, viewport={"width": width, "height": 900})
        at(page, server, f"jobs/{job_id}/trials")
        table = page.get_by_role("table")
        expect(table.get_by_role("link", name="2", exact=True)).to_be_visible()
        rows = table.get_by_role("row")
        headings = [left(cell) for cell in rows.nth(0).get_by_role("columnheader").all()]
        cells = [left(cell) for cell in rows.nth(1).get_by_role("cell").all()]
        assert headings == pytest.approx(cells, abs=1)


def test_the_best_value_stood_beside_the_screen_of_a_phone(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job_id = ended(server, document(tmp_path, trials=4))
    page = open_page(server, viewport={"width": 390, "height": 800}, locale="zh-CN", color_scheme="dark")
    best = page.locator("tbody tr .best")
    expect(best).to_contain_text("val_acc")
    box = best.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    assert violations(page) == []
    at(page, server, f"jobs/{job_id}/trials/0")
    # Times were 263ms on a Chinese page too.
    expect(page.get_by_text("毫秒").first).to_be_visible()


def test_the_listed_trials_are_downloaded_as_csv(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job_id = ended(server, document(tmp_path, trials=8))
    page = open_page(server)
    at(page, server, f"jobs/{job_id}/trials")
    page.get_by_label("Filter the trials").fill("dropout<0.25")
    trials = server.call("GET", f"/jobs/{job_id}/trials?where=params.dropout<0.25&sort=-number")["items"]
    expect(page.get_by_text(f"{len(trials)} trials", exact=True)).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="CSV").click()
    path = tmp_path / "trials.csv"
    downloading.value.save_as(path)
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [(int(row["number"]), float(row["params.lr"])) for row in rows] == [
        (trial["number"], trial["params"]["lr"]) for trial in trials
    ]


def test_an_answer_that_could_not_be_shown_emptied_the_whole_window(
    server: RunningServer, open_page: Callable[..., Page]
) -> None:
    page = open_page(server)
    page.route("**/api/v1/programs*", lambda route: route.fulfill(json={"items": [{}], "total": 1}))
    page.get_by_role("link", name="Programs").click()
    expect(page.get_by_role("heading", name="Something went wrong on this page")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Server")).to_be_visible()
    page.unroute("**/api/v1/programs*")
    page.get_by_role("link", name="Programs").click()
    page.get_by_role("button", name="Reload").click()
    expect(page.get_by_role("heading", name="Programs", exact=True)).to_be_visible()


# --- which number counts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_second_click_kept_the_name_and_the_direction_of_the_first(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path, language: str
) -> None:
    words = {
        "en": (
            "Command",
            "Sample output",
            "Use {} as the metric",
            "Goal",
            "Start the search",
        ),
        "zh": ("命令", "日志样例", "把 {} 作为指标", "优化方向", "开始搜索"),
    }
    command, lines, use, goal_label, start = words[language]
    page = open_page(server, locale="zh-CN" if language == "zh" else "en-GB")
    at(page, server, "new")
    (tmp_path / "train.py").write_text(TRAIN)
    page.get_by_label(command, exact=True).fill(f"python {tmp_path}/train.py --lr={{lr}}")
    page.get_by_label(lines).first.fill("epoch 1 train_loss=0.91 val_acc=0.61 zork=3.5")
    name = page.get_by_placeholder("accuracy", exact=True)
    goal = page.get_by_label(goal_label)

    def click(number: str) -> None:
        page.get_by_role("button", name=use.format(number), exact=True).click()

    click("0.91")
    expect(name).to_have_value("train_loss")
    expect(goal).to_have_value("minimize")
    click("0.61")
    expect(name).to_have_value("val_acc")
    expect(goal).to_have_value("maximize")
    click("3.5")
    expect(name).to_have_value("zork")
    expect(goal).to_have_value("")
    expect(page.locator("#step-3").locator("xpath=../..").get_by_role("alert").first).to_be_visible()
    expect(page.get_by_role("button", name=start)).to_be_disabled()
    shot(page, f"goal-open-{language}")
    goal.select_option("minimize")
    name.fill("mine")
    click("0.61")
    expect(page.get_by_placeholder("val_acc=([0-9.]+)")).to_have_value(re.compile("val_acc="))
    expect(name).to_have_value("mine")
    expect(goal).to_have_value("minimize")


def test_the_mask_of_a_secret_is_not_copied_into_a_new_search(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    job = document(tmp_path, trials=1)
    job["run"] = {**job["run"], "env": {"API_TOKEN": "hush-hush"}}
    job_id = ended(server, job)
    page = open_page(server)
    at(page, server, f"new?job={job_id}")
    expect(page.get_by_text("Enter the value again").first).to_be_visible()
    expect(page.get_by_role("button", name="Start the search")).to_be_disabled()
    shot(page, "masked-en")


def test_a_busy_server_says_nothing_about_a_regex(
    server: RunningServer, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(server)
    answers = [
        {"status": 429, "json": {"error": {"code": "too_many_requests", "message": "100 wait", "hint": None}}}
    ] * 2
    page.route("**/patterns/test", lambda route: route.fulfill(**answers.pop()) if answers else route.continue_())
    page.route("**/patterns/suggest", lambda route: route.fulfill(**answers[0]))
    at(page, server, "new")
    page.get_by_label("Sample output").first.fill("val_acc=0.61")
    page.get_by_role("button", name="Use 0.61 as the metric").click()
    expect(page.get_by_text("Too many requests from this browser")).to_be_visible()
    page.get_by_placeholder("val_acc=([0-9.]+)").fill(r"val_acc=(\S+)")
    expect(page.get_by_text("1 value captured: 0.61")).to_be_visible()
