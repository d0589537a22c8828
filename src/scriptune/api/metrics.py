"""Prometheus metrics, read from the database on each scrape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.responses import Response

from scriptune.api.hub import EventHub
from scriptune.api.service import CallerDep
from scriptune.core.job import JobState, JobSummary
from scriptune.core.trial import TrialState
from scriptune.engine.engine import Engine
from scriptune.engine.keys import PROJECT_LABEL
from scriptune.runtime.stopwatch import SUGGESTIONS

__all__ = ["metrics_router"]

_PAGE = 1000


class _Jobs(Collector):
    """Metrics about jobs, trials, queue and leases of an installation or of one project."""

    def __init__(self, engine: Engine, project: str | None = None) -> None:
        self._engine = engine
        self._labels = {} if project is None else {PROJECT_LABEL: project}

    def describe(self) -> Iterator[Metric]:
        """Return nothing: registering must not read the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The current metrics."""
        jobs = Counter(dict.fromkeys(JobState, 0))
        trials = Counter(dict.fromkeys(TrialState, 0))
        running: list[JobSummary] = []
        for summary in self._summaries():
            jobs[summary.job.state] += 1
            trials.update(summary.counts)
            if summary.job.lease_until is not None:
                running.append(summary)
        by_state = GaugeMetricFamily("scriptune_jobs", "Search jobs by state.", labels=["state"])
        for job_state, n in jobs.items():
            by_state.add_metric([job_state], n)
        yield by_state
        by_state = GaugeMetricFamily("scriptune_trials", "Trials by state, over all jobs.", labels=["state"])
        for trial_state, n in trials.items():
            by_state.add_metric([trial_state], n)
        yield by_state
        yield GaugeMetricFamily("scriptune_queued_jobs", "Jobs that wait for a worker.", value=jobs[JobState.QUEUED])
        yield from self._leases(running)

    def _summaries(self) -> Iterator[JobSummary]:
        offset = 0
        while items := self._engine.jobs(labels=self._labels, offset=offset, limit=_PAGE, sort="created_at").items:
            yield from items
            offset += len(items)

    def _leases(self, held: list[JobSummary]) -> Iterator[Metric]:
        ttl, now = self._engine.settings.lease_ttl_s, self._engine.clock()
        ages = GaugeMetricFamily(
            "scriptune_lease_age_seconds", "Seconds since the last heartbeat of a job's owner.", labels=["job"]
        )
        for summary in held:
            assert summary.job.lease_until is not None
            left = (summary.job.lease_until - now).total_seconds()
            ages.add_metric([summary.job.id], max(0.0, ttl - left))
        yield ages


class _Process(Collector):
    """Metrics about this process."""

    def __init__(self, hub: EventHub) -> None:
        self._hub = hub

    def describe(self) -> Iterator[Metric]:
        """Return nothing: descriptions would require collecting first."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The current metrics."""
        yield GaugeMetricFamily("scriptune_event_streams", "Open streams of live events.", value=self._hub.n_listeners)
        count, seconds = SUGGESTIONS.total
        yield CounterMetricFamily("scriptune_suggestions", "Suggestions made by this process.", value=count)
        yield CounterMetricFamily(
            "scriptune_suggestion_seconds", "Time that this process took to make suggestions.", value=seconds
        )


def metrics_router(engine: Engine, hub: EventHub) -> APIRouter:
    """The route ``GET /metrics``, which requires authentication like all others."""
    registry = CollectorRegistry()
    registry.register(_Jobs(engine))
    registry.register(_Process(hub))
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    router = APIRouter()

    @router.get("/metrics", include_in_schema=False)
    def metrics(caller: CallerDep) -> Response:
        """The metrics in Prometheus' text format; a key gets those of its project."""
        shown = registry
        if caller.project is not None:
            shown = CollectorRegistry()
            shown.register(_Jobs(engine, caller.project))
        return Response(
            generate_latest(shown), headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}
        )

    return router
