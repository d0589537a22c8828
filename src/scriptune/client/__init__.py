"""The Python client: the same verbs in this process or over HTTP.

job = scriptune.run("job.yaml")                                  # here, to its end
client = scriptune.Client("http://127.0.0.1:8265", token="...")  # or over there
job = client.submit("job.yaml").wait()
"""

from __future__ import annotations

from scriptune.client.client import Client, run
from scriptune.client.job import Job
from scriptune.client.trial_list import TrialList

__all__ = ["Client", "Job", "TrialList", "run"]
