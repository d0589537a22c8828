/** Output of the program: every number can be clicked, every capture of the regex is marked. */
import { Fragment, useEffect, useMemo, useState } from "react";

import { useSource } from "../../api/hooks";
import { isPassing } from "../../api/source";
import type { PatternTest, TextCapture } from "../../api/types";
import { byLine, CapturedLine } from "../../components/Captured";
import { number } from "../../format/numbers";
import { useSaid, useText } from "../../i18n";
import type { MetricDraft } from "./draft";
import { shownLines, tokens, type Token } from "./metricNames";

const PAUSE_MS = 200;
const AGAIN_MS = 2000;
const MAX_SAID = 5;

/** The first ones, and a sign that there are more. */
function someOf(values: readonly number[]): string {
  const first = values.slice(0, MAX_SAID).map((value) => number(value));
  return [...first, ...(values.length > MAX_SAID ? ["…"] : [])].join(", ");
}

/** A regex that is none is marked at its field. */
type Tried = Readonly<{ captures: readonly TextCapture[]; isRefused: boolean }>;
const NO_CAPTURES: readonly TextCapture[] = [];
const NOTHING: Tried = { captures: NO_CAPTURES, isRefused: false };

/** What the regex captures in the text, in the server's reading. */
function useTried(text: string, regex: string): Tried {
  const source = useSource();
  const [tried, setTried] = useState<Tried>(NOTHING);
  useEffect(() => {
    if (!regex) return;
    let isCurrent = true;
    const ask = () => {
      source.send<PatternTest>("POST", "/patterns/test", { regex, text }).then(
        (answer) => {
          if (isCurrent) setTried({ captures: answer.captures, isRefused: false });
        },
        (error: unknown) => {
          // The server is busy: that says nothing about the regex.
          if (isCurrent && isPassing(error)) timer = setTimeout(ask, AGAIN_MS);
          else if (isCurrent) setTried({ captures: [], isRefused: true });
        },
      );
    };
    let timer = setTimeout(ask, PAUSE_MS);
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
  const said = useSaid();
  const tried = useTried(text, metric.regex);
  const captures = byLine(tried.captures);
  const lines = useMemo(() => shownLines(text), [text]);
  const hidden = (lines.at(-1)?.number ?? 0) - lines.length;
  const values = tried.captures.flatMap((one) => (one.value === null ? [] : [one.value]));
  const refused = tried.captures.find((one) => one.problem);
  return (
    <div className="stack">
      <p className="muted small">{t("new.click")}</p>
      <ol className="sample" aria-label={t("new.sample")}>
        {lines.map((line, i) => (
          <Fragment key={line.number}>
            {line.number > i + 1 && lines[i - 1]?.number === i ? (
              <li className="gap">
                <span className="line-no" aria-hidden="true">
                  ⋮
                </span>
                <span className="muted">{t("new.hidden_lines", { n: hidden })}</span>
              </li>
            ) : null}
            <li>
              <span className="line-no" aria-hidden="true">
                {line.number}
              </span>
              <span>
                <Line
                  line={line.text}
                  captures={captures.get(line.number) ?? NO_CAPTURES}
                  onPick={(start, end) => {
                    onPick(line.number, start, end, line.text);
                  }}
                />
              </span>
            </li>
          </Fragment>
        ))}
      </ol>
      {metric.regex && !tried.isRefused ? (
        <p role="status" className={values.length ? "notice good" : "notice warn"}>
          {values.length
            ? t("new.captures", {
                n: values.length,
                first: someOf(values),
              })
            : t("new.no_captures")}
          {refused?.problem ? `\n${said(refused.reason ?? refused.problem)}` : ""}
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
        const end = token.start + token.text.length;
        if (!token.isNumber) return <Between key={token.start} token={token} captures={captures} />;
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

/** What is between numbers; the regex may have captured some of it (`nan`, or by mistake). */
function Between({ token, captures }: Readonly<{ token: Token; captures: readonly TextCapture[] }>) {
  const inside = captures
    .filter((one) => one.start >= token.start && one.end <= token.start + token.text.length)
    .map((one) => ({ ...one, start: one.start - token.start, end: one.end - token.start }));
  return <CapturedLine line={token.text} captures={inside} />;
}
