/** How long a search has been running: pauses between its end and a resume, or without a process, do not count. */
import { useState } from "react";

import { ENDED_JOBS, type SearchJob } from "../api/types";
import { elapsed } from "./times";

/** The process of a running job renews `active_s` several times in this time. */
const RENEWED_WITHIN_S = 15;

type Running = Pick<SearchJob, "state" | "started_at" | "finished_at" | "active_s">;

/** Seconds; null before the start. While it runs, counted on from when this `active_s` was first seen, for a while. */
export function runningSeconds(job: Running, now: number, seenAt: number): number | null {
  if (!job.started_at) return null;
  if (ENDED_JOBS.includes(job.state)) return job.active_s || elapsed(job.started_at, job.finished_at, now);
  const sinceStart = elapsed(job.started_at, null, now) ?? 0;
  const sinceSeen = Math.min(Math.max((now - seenAt) / 1000, 0), RENEWED_WITHIN_S);
  return Math.min(sinceStart, job.active_s + sinceSeen);
}

/** The same for a job on the page, which remembers when it saw `active_s` change. */
export function useRunningSeconds(job: Running, now: number): number | null {
  const [seen, setSeen] = useState({ active_s: job.active_s, at: now });
  if (seen.active_s !== job.active_s) setSeen({ active_s: job.active_s, at: now });
  return runningSeconds(job, now, seen.at);
}
