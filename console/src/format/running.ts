/** How long a search has been running: pauses between its end and a resume, or without a process, do not count. */
import { ENDED_JOBS, type SearchJob } from "../api/types";
import { elapsed } from "./times";

/** Of the server's lease on a job (`lease_ttl_s`); it is renewed several times in that time, and `active_s` with it. */
const LEASE_S = 15;

type Running = Pick<SearchJob, "state" | "started_at" | "finished_at" | "active_s" | "lease_until">;

/** Seconds; null before the start. While it runs, counted on from the last renewal, for as long as a lease holds. */
export function runningSeconds(job: Running, now: number): number | null {
  if (!job.started_at) return null;
  if (ENDED_JOBS.includes(job.state)) return job.active_s || elapsed(job.started_at, job.finished_at, now);
  const sinceStart = elapsed(job.started_at, null, now) ?? 0;
  if (!job.lease_until) return Math.min(job.active_s, sinceStart);
  const sinceRenewal = LEASE_S - (Date.parse(job.lease_until) - now) / 1000;
  return Math.min(sinceStart, job.active_s + Math.min(Math.max(sinceRenewal, 0), LEASE_S));
}
