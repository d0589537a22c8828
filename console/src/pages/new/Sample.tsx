/** Output of the program: every number can be clicked, every capture of the regex is marked. */
import { useEffect, useState } from "react";

import { useSource } from "../../api/hooks";
import type { PatternTest, TextCapture } from "../../api/types";
import { byLine } from "../../components/Captured";
import { number } from "../../format/numbers";
import { useText } from "../../i18n";
import type { MetricDraft } from "./draft";
import { tokens } from "./metricNames";

const PAUSE_MS = 200;
const MAX_LINES = 300; // more is shown to nobody; the regex is tried on all of it

type Tried = Readonly<{ captures: readonly TextCapture[]; error: string }>;
const NOTHING: Tried = { captures: [], error: "" };

/** What the regex captures in the text, in the server's reading. */
function useTried(text: string, regex: string): Tried {
  const source = useSource();
  const [tried, setTried] = useState<Tried>(NOTHING);
  useEffect(() => {
    if (!regex) return;
    let isCurrent = true;
    const timer = setTimeout(() => {
      source.send<PatternTest>("POST", "/patterns/test", { regex, text }).then(
        (answer) => {
          if (isCurrent) setTried({ captures: answer.captures, error: "" });
        },
        (error: unknown) => {
          if (isCurrent) setTried({ captures: [], error: (error as Error).message });
        },
      );
    }, PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [source, text, regex]);
  return regex ? tried : NOTHING;
}

export function Sample({
  text,
  metric,
  onPick,
}: Readonly<{
  text: string;
  metric: MetricDraft;
  onPick: (line: number, start: number, end: number, text: string) => void;
}>) {
  const t = useText();
  const tried = useTried(text, metric.regex);
  const captures = byLine(tried.captures);
  const lines = text.replace(/\n$/, "").split(/\r?\n/).slice(0, MAX_LINES);
  const values = tried.captures.flatMap((one) => (one.value === null ? [] : [one.value]));
  const refused = tried.captures.find((one) => one.problem);
  return (
    <div className="stack">
      <p className="muted small">{t("new.click")}</p>
      <ol className="sample" aria-label={t("new.sample")}>
        {lines.map((line, i) => (
          <li key={i}>
            <span className="line-no" aria-hidden="true">
              {i + 1}
            </span>
            <span>
              <Line
                line={line}
                captures={captures.get(i + 1) ?? []}
                onPick={(start, end) => {
                  onPick(i + 1, start, end, line);
                }}
              />
            </span>
          </li>
        ))}
      </ol>
      {metric.regex && !tried.error ? (
        <p role="status" className={values.length ? "notice good" : "notice warn"}>
          {values.length
            ? t("new.captures", {
                n: values.length,
                first: values
                  .slice(0, 5)
                  .map((value) => number(value))
                  .join(", "),
              })
            : t("new.no_captures")}
          {refused?.problem ? `\n${refused.problem}` : ""}
        </p>
      ) : null}
      {tried.error ? (
        <p className="mistake" role="alert">
          {tried.error}
        </p>
      ) : null}
    </div>
  );
}

function Line({
  line,
  captures,
  onPick,
}: Readonly<{
  line: string;
  captures: readonly TextCapture[];
  onPick: (start: number, end: number) => void;
}>) {
  const t = useText();
  return (
    <>
      {tokens(line).map((token) => {
        if (!token.isNumber) return token.text;
        const end = token.start + token.text.length;
        const hit = captures.find((one) => one.start < end && one.end > token.start);
        return (
          <button
            key={token.start}
            type="button"
            className={hit ? (hit.value === null ? "refused" : "captured") : ""}
            aria-label={t(hit ? "new.picked_number" : "new.pick_number", { value: token.text })}
            onClick={() => {
              onPick(token.start, end);
            }}
          >
            {token.text}
          </button>
        );
      })}
    </>
  );
}
