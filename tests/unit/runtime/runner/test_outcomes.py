"""runtime/runner/outcomes.py: what the results say of the job."""

from __future__ import annotations

from worlds import World, deaf


def test_a_program_that_prints_the_same_whatever_it_is_given_is_noticed_and_said_in_an_event(world: World) -> None:
    world.executor.program = deaf
    job = world.run(world.submit())
    assert [notice.code for notice in job.notices] == ["notice.parameters_unread", "notice.equal_values"]
    assert job.notices[0].params == {"numbers": [0, 1, 2]}
    assert world.engine.show(job.id).notices == job.notices
    assert job.notices[0] in world.engine.show(job.id).warnings
    said = [event.data["notices"] for event in world.storage.events(job.id) if event.kind == "notices"]
    assert [[notice["code"] for notice in notices] for notices in said] == [
        ["notice.equal_values"],
        ["notice.parameters_unread", "notice.equal_values"],
    ]


def test_a_program_that_listens_is_not_suspected(world: World) -> None:
    assert world.run(world.submit()).notices == ()
