"""Looking at jobs."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from memory import memory_storage
from scriptune.core.parameters import Bool, Categorical, Float, Int
from scriptune.core.space import SearchSpace
from scriptune.core.trial import TrialState
from scriptune.engine.queries import sample_params
from scriptune.errors import ConflictError, NotFoundError, SettingsError
from worlds import Program, World, quadratic


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, memory_storage())


def test_defaults_are_the_users_and_the_middle_where_there_is_none() -> None:
    space = SearchSpace(
        {
            "lr": Float(1e-4, 1.0, log=True),
            "tiny": Float(1e-300, 1e-200, log=True),
            "units": Int(1, 9),
            "depth": Int(1, 9, default=2),
            "width": Int(16, 1024, log=True),
            "dropout": Float(0.0, 0.5, step=0.125),
            "kind": Categorical(["a", "b", "c"]),
            "extra": Float(0.0, 1.0, when={"kind": "c"}),
            "fast": Bool(default=True),
        }
    )
    params = sample_params(space)
    assert space.contains(params)
    assert params == {
        "lr": 0.01,
        "tiny": 1e-250,
        "units": 5,
        "depth": 2,
        "width": 128,
        "dropout": 0.25,
        "kind": "a",
        "fast": True,
    }


def test_the_best_trial_comes_with_all_parameters_and_a_line_to_paste(world: World) -> None:
    job = world.run(world.submit(parameters={"batch": {"type": "int", "value": 64}}))
    best = world.engine.best(job.id)
    assert best is not None
    assert list(best.params) == ["x", "batch"]
    assert best.command_line == f"cd {world.home} && /bin/true --x={best.trial.params['x']!r} --batch=64"


def test_pasting_the_best_line_wrote_over_the_files_of_the_best_trial(world: World) -> None:
    job = world.run(world.submit(command=["/bin/sh", "-c", "echo new > $0/model", "{trial_dir}"]))
    best = world.engine.best(job.id)
    assert best is not None
    recorded = world.home / "jobs" / job.id / str(best.number) / "1" / "work"
    recorded.mkdir(parents=True)
    (recorded / "model").write_text("of the trial")
    subprocess.run(["/bin/sh", "-c", best.command_line], cwd="/", check=True)
    assert (recorded / "model").read_text() == "of the trial"
    assert (world.home / "best" / f"{job.id[:8]}-{best.number}" / "model").read_text() == "new\n"
    assert str(recorded) not in world.engine.trial(job.id, best.number).command_line


def test_the_config_files_of_the_best_trial_are_written_and_used(world: World) -> None:
    world.executor.program = lambda _: Program((b"loss=1.0\n",))
    template, folder = world.home / "conf.tmpl", world.home / "out"
    template.write_text("x: {x}\n")
    command = ["/bin/sh", "-c", "cat $0 $SCRIPTUNE_TRIAL_DIR/sub/conf.yaml", "{trial_dir}/sub/conf.yaml"]
    job = world.run(world.submit(command=command, files={"sub/conf.yaml": str(template)}))
    best = world.engine.best(job.id)
    written = world.engine.write_best(job.id, folder)
    assert best is not None
    assert written is not None
    assert written.files == [str(folder / "sub" / "conf.yaml")]
    expected = f"x: {best.params['x']!r}\n"
    assert (folder / "sub" / "conf.yaml").read_text() == expected
    for line in (written.command_line, best.command_line):
        done = subprocess.run(["/bin/sh", "-c", line], cwd="/", check=True, capture_output=True, text=True)
        assert done.stdout == expected * 2
    assert str(folder) in written.command_line
    assert world.engine.write_best(job.id, folder) == written
    (folder / "sub" / "conf.yaml").write_text("edited")
    with pytest.raises(SettingsError, match="already exists with different content"):
        world.engine.write_best(job.id, folder)


def test_a_job_without_config_files_has_none_to_write(world: World) -> None:
    job = world.run(world.submit())
    with pytest.raises(ConflictError, match="has no config files to write"):
        world.engine.write_best(job.id, world.home / "out")
    assert world.engine.write_best(world.submit().id, world.home / "out") is None


def test_a_job_is_shown_after_its_template_is_gone(world: World) -> None:
    template = world.home / "conf.tmpl"
    template.write_text("job: {job_id}\n")
    job = world.run(world.submit(files={"conf.yaml": str(template)}))
    template.unlink()
    folder = world.home / "jobs" / job.id / "0" / "1"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "command.json").write_text('{"argv": ["/bin/true", "-c"], "env": {"A": "1", "SCRIPTUNE_TRIAL": "0"}}')
    assert world.engine.show(job.id).best is not None
    assert world.engine.trial(job.id, 0).command_line == f"cd {world.home} && A=1 /bin/true -c"
    (world.home / "jobs" / job.id / "1" / "1" / "command.json").unlink()
    assert world.engine.trial(job.id, 1).command_line == ""


def test_failures_are_counted_by_cause_with_an_example(world: World) -> None:
    def program(given: Mapping[str, str]) -> Program:
        return Program((b"boom\n",), exit_code=7) if float(given["x"]) > 0.4 else quadratic(given)

    world.executor.program = program
    job = world.run(world.submit(search={"trials": 8}, run={"max_failed": None}))
    detail = world.engine.show(job.id)
    n, message = detail.failures["exit_code"]
    assert n == detail.summary.counts[TrialState.FAILED] > 0
    assert "exit code 7" in message
    assert "boom" in message
    assert not detail.owner_alive


def test_a_log_is_read_in_parts(world: World) -> None:
    job = world.run(world.submit())
    whole = world.engine.log(job.id, 0)
    assert whole.ended
    assert whole.next_offset == whole.size_bytes
    assert world.engine.log(job.id, 0, offset=-10).text == whole.text[-10:]
    with pytest.raises(NotFoundError):
        world.engine.log(job.id, 0, attempt=9)
    with pytest.raises(NotFoundError):
        world.engine.log(job.id, 99)


def test_the_history_keeps_every_improvement_when_it_is_thinned(world: World) -> None:
    job = world.run(world.submit(search={"trials": 60}))
    whole, thin = world.engine.history(job.id), world.engine.history(job.id, points=20)
    assert len(whole) == 60
    assert len(thin) <= 20
    assert {point.best for point in thin} == {point.best for point in whole}
