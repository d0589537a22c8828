/** Times and durations. The server's times are UTC; people see their own. */

const NONE = "–";
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** `1h 05m`, `3m 20s`, `4.2s`: two units at most, the same in every language. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  const s = Math.max(0, seconds);
  if (s < 0.9995) return `${String(Math.round(s * 1000))}ms`;
  if (s < 9.95) return `${s.toFixed(1)}s`;
  const whole = Math.round(s);
  if (whole < MINUTE_S) return `${String(whole)}s`;
  if (whole < HOUR_S) return `${String(Math.floor(whole / MINUTE_S))}m ${pad(whole % MINUTE_S)}s`;
  const minutes = Math.round(s / MINUTE_S);
  if (s < DAY_S) return `${String(Math.floor(minutes / 60))}h ${pad(minutes % 60)}m`;
  const hours = Math.round(s / HOUR_S);
  return `${String(Math.floor(hours / 24))}d ${pad(hours % 24)}h`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

export function moment(iso: string | null | undefined, language: string): string {
  if (!iso) return NONE;
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(iso));
}

export function clock(iso: string, language: string): string {
  return new Intl.DateTimeFormat(language, { timeStyle: "medium" }).format(new Date(iso));
}

/** `3 minutes ago`. */
export function ago(iso: string | null | undefined, nowMs: number, language: string): string {
  if (!iso) return NONE;
  const seconds = Math.min(0, (Date.parse(iso) - nowMs) / 1000);
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  if (seconds > -MINUTE_S) return format.format(Math.round(seconds), "second");
  if (seconds > -HOUR_S) return format.format(Math.round(seconds / MINUTE_S), "minute");
  if (seconds > -DAY_S) return format.format(Math.round(seconds / HOUR_S), "hour");
  return format.format(Math.round(seconds / DAY_S), "day");
}

/** Seconds between two times; up to now while the second has not come. */
export function elapsed(from: string | null, to: string | null, nowMs: number): number | null {
  if (!from) return null;
  return Math.max(0, ((to ? Date.parse(to) : nowMs) - Date.parse(from)) / 1000);
}
