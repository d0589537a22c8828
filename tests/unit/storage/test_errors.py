"""Finding the job that a user means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scriptune.errors import ConflictError, NotFoundError
from scriptune.storage import errors
from scriptune.storage.base import JobUse


def test_a_whole_id_goes_before_a_name_and_a_name_before_a_prefix() -> None:
    found = [("abcd12", "ab"), ("ab", "x"), ("cd", "abcd1")]
    assert errors.choose_job("ab", found) == "ab"
    assert errors.choose_job("ABCD1", found) == "abcd12"
    assert errors.choose_job("abcd1", found) == "cd"
    assert errors.choose_job("x", found) == "ab"
    assert errors.choose_job("none", []) is None


def test_a_name_settles_an_ambiguous_prefix() -> None:
    assert errors.choose_job("abcd", [("abcd1", "x"), ("abcd2", "x"), ("cd", "abcd")]) == "cd"
    with pytest.raises(ConflictError, match="2 job ids start with it \\(abcd1, abcd2\\); give more"):
        errors.choose_job("abcd", [("abcd2", "x"), ("abcd1", "x")])


def test_a_job_called_1_is_not_the_job_whose_id_begins_with_1() -> None:
    found = [("1f00-1", "digits"), ("77b0-2", "1")]
    for use in JobUse:
        assert errors.choose_job("1", found, use) == "77b0-2"
        assert errors.choose_job("1", found[:1], use) is None
        assert errors.choose_job("1f0", found, use) is None
        assert errors.choose_job("1F00", found, use) == "1f00-1"
        assert errors.choose_job("Digits", found, use) is None


def test_what_changes_a_job_is_refused_where_a_name_is_the_beginning_of_another_id() -> None:
    found = [("1f00-1", "digits"), ("77b0-2", "1f00")]
    assert errors.choose_job("1f00", found) == "77b0-2"
    for use in (JobUse.CHANGE, JobUse.DELETE):
        with pytest.raises(ConflictError, match=r"name of job 77b0-2 .* id of job 1f00-1 \('digits'\)"):
            errors.choose_job("1f00", found, use)
        assert errors.choose_job("1f00-1", found, use) == "1f00-1"
        # Its own id begins as it is called: there is nothing to confuse.
        assert errors.choose_job("77b0", [("77b0-2", "77b0")], use) == "77b0-2"


def test_of_several_jobs_of_one_name_the_newest_is_meant_but_none_is_deleted() -> None:
    found = [("bbbb", "digits"), ("aaaa", "digits")]
    assert errors.choose_job("digits", found) == "bbbb"
    assert errors.choose_job("digits", found, JobUse.CHANGE) == "bbbb"
    with pytest.raises(ConflictError, match="2 jobs are named 'digits', so nothing was deleted: bbbb, aaaa"):
        errors.choose_job("digits", found, JobUse.DELETE)
    assert errors.choose_job("aaaa", found, JobUse.DELETE) == "aaaa"


def test_a_prefix_that_is_too_short_is_named_as_such() -> None:
    assert "at least 4 characters" in (errors.no_job("1f0", ["digits", "1f00-1"]).hint or "")
    assert "at least" not in (errors.no_job("2", iter(["digits", "1f00-1"])).hint or "")


texts = st.text("1aAb", min_size=1, max_size=6)


@given(
    ref=texts,
    jobs=st.lists(st.tuples(st.uuids().map(str) | texts.map(str.lower), texts), max_size=5),
    use=st.sampled_from(JobUse),
)
def test_a_job_that_was_not_meant_is_never_chosen(ref: str, jobs: list[tuple[str, str]], use: JobUse) -> None:
    jobs = list(dict(jobs).items())
    try:
        chosen = errors.choose_job(ref, jobs, use)
    except ConflictError:
        return
    fits = {
        job_id
        for job_id, name in jobs
        if job_id == ref.lower() or name == ref or (len(ref) >= 4 and job_id.startswith(ref.lower()))
    }
    assert (chosen is None) == (not fits)
    if chosen is not None:
        assert chosen in fits
    if use is JobUse.DELETE and ref.lower() not in dict(jobs):
        assert len(fits) <= 1


def test_an_order_is_split_or_refused_with_the_known_ones() -> None:
    assert errors.sort_key("-name", errors.JOB_SORTS) == ("name", True)
    assert errors.sort_key("name", errors.JOB_SORTS) == ("name", False)
    with pytest.raises(NotFoundError, match=r"'nmae'; expected one of created_at, name, state.* Did you mean 'name'"):
        errors.sort_key("nmae", errors.JOB_SORTS)
