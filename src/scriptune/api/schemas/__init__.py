"""What the REST API answers, for its OpenAPI page and for the types that are generated from it.

Answers are written by `scriptune.engine.serialise.to_json` from the engine's dataclasses, not through these models;
a test holds every model to the fields of the dataclass of the same name. ``X | None`` is null in JSON: a time that
has not come, a value that does not exist, a number that was NaN or infinite.
"""

from __future__ import annotations

from scriptune.api.schemas.analysis import Curve, Event, HistoryPoint, ImportanceRow, Marginal, Surface
from scriptune.api.schemas.answer import Notice
from scriptune.api.schemas.errors import ErrorAnswer, ErrorBody
from scriptune.api.schemas.jobs import (
    Best,
    CaptureRow,
    CheckReport,
    JobDetail,
    JobPage,
    JobSummary,
    MetricUnit,
    ReparseReport,
    ReplayReport,
    RetriedTrials,
    SearchJob,
)
from scriptune.api.schemas.patterns import PatternTest, Proposal, TextCapture
from scriptune.api.schemas.programs import InspectedParameter, Inspection, Program, ProgramPage, ProgramParameter
from scriptune.api.schemas.system import (
    AccessKeyCreated,
    AccessKeyList,
    AccessKeyRow,
    Health,
    OptionRow,
    RevokedSessions,
    SamplerRow,
    Session,
    SessionList,
    System,
    Whoami,
)
from scriptune.api.schemas.trials import (
    Attempt,
    ExitStatus,
    LogCapture,
    LogCaptureList,
    LogChunk,
    LogMatch,
    LogMatches,
    Report,
    ReportPage,
    Suggestion,
    Trial,
    TrialColumns,
    TrialDetail,
    TrialPage,
)

__all__ = [
    "AccessKeyCreated",
    "AccessKeyList",
    "AccessKeyRow",
    "Attempt",
    "Best",
    "CaptureRow",
    "CheckReport",
    "Curve",
    "ErrorAnswer",
    "ErrorBody",
    "Event",
    "ExitStatus",
    "Health",
    "HistoryPoint",
    "ImportanceRow",
    "InspectedParameter",
    "Inspection",
    "JobDetail",
    "JobPage",
    "JobSummary",
    "LogCapture",
    "LogCaptureList",
    "LogChunk",
    "LogMatch",
    "LogMatches",
    "Marginal",
    "MetricUnit",
    "Notice",
    "OptionRow",
    "PatternTest",
    "Program",
    "ProgramPage",
    "ProgramParameter",
    "Proposal",
    "ReparseReport",
    "ReplayReport",
    "Report",
    "ReportPage",
    "RetriedTrials",
    "RevokedSessions",
    "SamplerRow",
    "SearchJob",
    "Session",
    "SessionList",
    "Suggestion",
    "Surface",
    "System",
    "TextCapture",
    "Trial",
    "TrialColumns",
    "TrialDetail",
    "TrialPage",
    "Whoami",
]
