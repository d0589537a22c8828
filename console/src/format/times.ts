/** Times and durations. The server's times are UTC; people see their own. */

const NONE = "–";
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

type Units = Readonly<Record<"d" | "h" | "m" | "s" | "ms", string>>;
const UNITS: Units = { d: "d", h: "h", m: "m", s: "s", ms: "ms" };
const CHINESE: Units = { d: "天", h: "小时", m: "分", s: "秒", ms: "毫秒" };

/** `1h 05m`, `3m 20s`, `4.2s`; `1小时05分`, `3分20秒`, `4.2秒`: two units at most. */
export function duration(seconds: number | null | undefined, language: string): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  const isChinese = language.startsWith("zh");
  const unit = isChinese ? CHINESE : UNITS;
  const two = (first: string, second: string) => first + (isChinese ? "" : " ") + second;
  const s = Math.max(0, seconds);
  if (s < 0.9995) return String(Math.round(s * 1000)) + unit.ms;
  if (s < 9.95) return s.toFixed(1) + unit.s;
  const whole = Math.round(s);
  if (whole < MINUTE_S) return String(whole) + unit.s;
  if (whole < HOUR_S) return two(String(Math.floor(whole / MINUTE_S)) + unit.m, pad(whole % MINUTE_S) + unit.s);
  const minutes = Math.round(s / MINUTE_S);
  if (s < DAY_S) return two(String(Math.floor(minutes / 60)) + unit.h, pad(minutes % 60) + unit.m);
  const hours = Math.round(s / HOUR_S);
  return two(String(Math.floor(hours / 24)) + unit.d, pad(hours % 24) + unit.h);
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

/** For axes over several days: `27 Nov 14:05`. */
export function dayAndClock(iso: string, language: string): string {
  const format = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" } as const;
  return new Intl.DateTimeFormat(language, format).format(new Date(iso));
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
