from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.modelarts.errors import ModelArtsError
from scriptune.modelarts.trial_ids import trial_id, trial_number

JOB = "12345678-1234-1234-1234-123456789abc"


@given(job=st.uuids(), number=st.integers(0, 2**31))
def test_the_number_is_read_back(job: uuid.UUID, number: int) -> None:
    made = trial_id(str(job), number)
    assert len(made) == 8
    assert trial_number(str(job), made, number + 1) == number


def test_trials_of_a_job_differ_and_jobs_differ() -> None:
    ids = {trial_id(JOB, number) for number in range(1000)}
    assert len(ids) == 1000
    assert trial_id(JOB, 0) != trial_id(JOB.replace("1", "2"), 0)


@pytest.mark.parametrize("text", ["", "xyz", "ffffffff", "123456789", "../../etc"])
def test_an_unknown_id_is_refused(text: str) -> None:
    with pytest.raises(ModelArtsError) as refused:
        trial_number(JOB, text, 3)
    assert refused.value.code == "ModelArts.2788"
