/** Small parts that all pages share. */
import { cloneElement, useId, useState, type InputHTMLAttributes, type ReactElement, type ReactNode } from "react";

import { ApiError, DisconnectedError, isPassing } from "../api/source";
import { unitOf, type Counts, type JobState, type Params, type SearchJob, type TrialState } from "../api/types";
import { href } from "../app/route";
import { scalar } from "../format/numbers";
import { useSaid, useText } from "../i18n";

export function Panel({
  title,
  end,
  flush = false,
  children,
}: Readonly<{
  title?: ReactNode;
  end?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}>) {
  return (
    <section className="panel">
      {title !== undefined || end !== undefined ? (
        <header>
          {title === undefined ? null : <h2>{title}</h2>}
          {end === undefined ? null : <div className="end">{end}</div>}
        </header>
      ) : null}
      <div className={flush ? "flush" : "body"}>{children}</div>
    </section>
  );
}

export function StateBadge({ state }: Readonly<{ state: JobState | TrialState }>) {
  const t = useText();
  return <span className={`badge ${state}`}>{t(`state.${state}`)}</span>;
}

export function Mistake({ id, children }: Readonly<{ id?: string; children: ReactNode }>) {
  return (
    <p className="mistake" role="alert" {...(id ? { id } : {})}>
      {children}
    </p>
  );
}

const TOO_MANY = 429;

/** What went wrong and what to do next, in the server's words. */
export function Failure({ error }: Readonly<{ error: Error | undefined }>) {
  const t = useText();
  const said = useSaid();
  if (!error || error instanceof DisconnectedError) return null;
  if (isPassing(error)) {
    return (
      <div className="notice warn" role="alert">
        {t(error.status === TOO_MANY ? "error.too_many" : "error.too_slow")}
      </div>
    );
  }
  const hint = error instanceof ApiError ? error.hint : null;
  return (
    <div className="notice bad" role="alert">
      {said(error instanceof ApiError ? error.said : error.message) || t("error.unknown")}
      {hint ? `\n${said(hint)}` : ""}
    </div>
  );
}

export function Loading() {
  const t = useText();
  return (
    <p className="loading" role="status">
      {t("loading")}
    </p>
  );
}

/** An answer's three states: error, not there yet, there. What a page is about may also be deleted below it. */
export function Answered<T>({
  entry,
  isPage = false,
  children,
}: Readonly<{
  entry: Readonly<{ data: T | undefined; error: Error | undefined }>;
  isPage?: boolean;
  children: (data: T) => ReactNode;
}>) {
  if (isPage && entry.error instanceof ApiError && entry.error.status === 404) return <Gone error={entry.error} />;
  if (entry.data !== undefined) return <>{children(entry.data)}</>;
  if (entry.error && !(entry.error instanceof DisconnectedError)) return <Failure error={entry.error} />;
  return <Loading />;
}

function Gone({ error }: Readonly<{ error: ApiError }>) {
  const t = useText();
  const said = useSaid();
  return (
    <Empty title={t("lost.gone")} text={said(error.said)} isPage>
      <a href={href(["jobs"])}>{t("nav.jobs")}</a>
    </Empty>
  );
}

/** What is shown where there is nothing to show: in a panel, or as a page of its own. */
export function Empty({
  title,
  text,
  isPage = false,
  children,
}: Readonly<{ title: string; text: string; isPage?: boolean; children?: ReactNode }>) {
  return (
    <div className="empty">
      {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
      <p>{text}</p>
      {children}
    </div>
  );
}

/** Copies by the old way where the new one is not allowed (pages over plain HTTP from another machine). */
async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

export function CopyButton({ text, label }: Readonly<{ text: string; label?: string }>) {
  const t = useText();
  const [isCopied, setCopied] = useState(false);
  return (
    <button
      type="button"
      className="tiny"
      onClick={() => {
        void copy(text).then(() => {
          setCopied(true);
          setTimeout(() => {
            setCopied(false);
          }, 1500);
        });
      }}
    >
      {isCopied ? t("copied") : (label ?? t("copy"))}
    </button>
  );
}

/** One of a few or none, as buttons side by side. */
export function Choices<T extends string>({
  label,
  values,
  chosen,
  name,
  onChoose,
}: Readonly<{
  label: string;
  values: readonly T[];
  chosen: T | null;
  name: (value: T) => string;
  onChoose: (value: T) => void;
}>) {
  return (
    <div className="chips" role="group" aria-label={label}>
      {values.map((value) => (
        <button
          key={value}
          type="button"
          className="chip"
          aria-pressed={value === chosen}
          onClick={() => {
            onChoose(value);
          }}
        >
          {name(value)}
        </button>
      ))}
    </div>
  );
}

/** Which of several metrics is shown; nothing where there is one. */
export function MetricChoice({
  label,
  metrics,
  chosen,
  onChoose,
}: Readonly<{
  label: string;
  metrics: readonly string[];
  chosen: string | null;
  onChoose: (metric: string) => void;
}>) {
  if (metrics.length < 2) return null;
  return <Choices label={label} values={metrics} chosen={chosen} name={(metric) => metric} onChoose={onChoose} />;
}

/** A command or a key to copy; lines are broken between its words, not after the dashes of an option. */
export function Code({ text }: Readonly<{ text: string }>) {
  return (
    <div className="code">
      <pre>
        {text.split(/(\s+)/).map((part, i) =>
          i % 2 ? (
            part
          ) : (
            <span key={i} className="word">
              {part}
            </span>
          ),
        )}
      </pre>
      <CopyButton text={text} />
    </div>
  );
}

/** The unit of a metric's values behind one of them, as the program prints it; nothing while none is known. */
export function Unit({ job, metric }: Readonly<{ job: SearchJob; metric: string }>) {
  const unit = unitOf(job, metric);
  return unit ? <span className="unit"> {unit}</span> : null;
}

export function ParamChips({ params }: Readonly<{ params: Params }>) {
  return (
    <div className="params">
      {Object.entries(params).map(([name, value]) => (
        <span className="param" key={name}>
          <span>{name}</span>
          <b>{scalar(value)}</b>
        </span>
      ))}
    </div>
  );
}

export function Progress({ counts, total }: Readonly<{ counts: Counts; total: number }>) {
  const t = useText();
  const done = counts.completed + counts.early_stopped + counts.stopped;
  const ended = done + counts.failed;
  const width = (n: number) => ({ width: `${String((100 * n) / Math.max(total, ended + counts.running, 1))}%` });
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={t("jobs.progress")}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={ended}
    >
      <span className="done" style={width(done)} />
      <span className="failed" style={width(counts.failed)} />
      <span className="running" style={width(counts.running)} />
    </div>
  );
}

/** A line through the best values so far, without axes. */
export function Sparkline({ values, label }: Readonly<{ values: readonly number[]; label: string }>) {
  if (values.length < 2) return null;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (i: number) => 2 + (106 * i) / (values.length - 1);
  const y = (value: number) => (high === low ? 13 : 23 - (20 * (value - low)) / (high - low));
  const last = values.length - 1;
  const path = values.map((value, i) => `${i ? "L" : "M"}${x(i).toFixed(1)},${y(value).toFixed(1)}`).join("");
  return (
    <svg className="spark" viewBox="0 0 110 26" role="img" aria-label={label}>
      <path d={path} />
      <circle cx={x(last)} cy={y(values[last] ?? low)} r="2.4" />
    </svg>
  );
}

/**
 * A control with its label; help and mistakes are described to screen readers, not part of the name. Where a field is
 * too narrow for its mistakes they stand elsewhere, and `mistakesAt` is the id of that place.
 */
export function Field({
  label,
  mistakes = [],
  mistakesAt,
  wide = false,
  help,
  children,
}: Readonly<{
  label: string;
  mistakes?: readonly string[];
  mistakesAt?: string | undefined;
  wide?: boolean;
  help?: string;
  children: ReactElement<InputHTMLAttributes<HTMLElement>>;
}>) {
  const id = useId();
  const isWrong = mistakes.length > 0 || mistakesAt !== undefined;
  const described = [
    ...(help ? [`${id}-help`] : []),
    ...mistakes.map((_, i) => `${id}-${String(i)}`),
    ...(mistakesAt === undefined ? [] : [mistakesAt]),
  ].join(" ");
  return (
    <div className={wide ? "field wide" : "field"}>
      <label className="label" htmlFor={id}>
        {label}
      </label>
      {cloneElement(children, {
        id,
        ...(isWrong ? { "aria-invalid": true } : {}),
        ...(described ? { "aria-describedby": described } : {}),
      })}
      {help ? (
        <span id={`${id}-help`} className="small muted">
          {help}
        </span>
      ) : null}
      {mistakes.map((text, i) => (
        <Mistake key={text} id={`${id}-${String(i)}`}>
          {text}
        </Mistake>
      ))}
    </div>
  );
}
