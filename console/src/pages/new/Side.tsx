/** Beside the form: what it would cost, what is wrong with it, the job file it means, and the start. */
import { useState } from "react";

import { useAction } from "../../api/hooks";
import { ApiError } from "../../api/source";
import { Dialog } from "../../components/Dialog";
import { CopyButton, Failure, Field, Panel } from "../../components/parts";
import { count } from "../../format/numbers";
import { duration } from "../../format/times";
import { toYaml } from "../../format/yaml";
import { useLanguage, useSaid, useText, type Key } from "../../i18n";
import { warningTexts } from "../../i18n/notices";
import type { Draft } from "./draft";
import { stepOf, type Problem } from "./problems";
import { nameOf, programBody } from "./programs";
import type { Checked } from "./useCheck";

const STEP_TEXTS: readonly Key[] = ["new.missing_program", "new.missing_parameters", "new.missing_metric"];

/** Trials x time of one / trials at once. */
export function forecast(trials: number, wallSeconds: number | null, parallel: number): number | null {
  if (wallSeconds === null || !(trials > 0) || !(parallel > 0)) return null;
  return Math.ceil(trials / parallel) * wallSeconds;
}

/** What of a line has no room continues below it, further in than where the line begins. */
function hanging(line: string) {
  const inset = `${String(line.search(/\S|$/) + 4)}ch`;
  return { paddingLeft: inset, textIndent: `-${inset}` };
}

export function Side({
  draft,
  document,
  checked,
  begun,
  wallSeconds,
  startError,
  isStarting,
  onStart,
}: Readonly<{
  draft: Draft;
  document: Readonly<Record<string, unknown>>;
  checked: Checked;
  begun: readonly boolean[];
  wallSeconds: number | null;
  startError: Error | undefined;
  isStarting: boolean;
  onStart: () => void;
}>) {
  const t = useText();
  const said = useSaid();
  const language = useLanguage();
  const { report, isChecking } = checked;
  // What has not been started is not an error; it is still to be described.
  const isBegun = (problem: Problem) => begun[stepOf(problem)] ?? true;
  const problems = checked.problems.filter(isBegun).sort((a, b) => stepOf(a) - stepOf(b));
  const missing = [...new Set(checked.problems.filter((one) => !isBegun(one)).map(stepOf))].sort();
  const isReady = report !== null && !isChecking;
  const seconds = forecast(Number(draft.search.trials), wallSeconds, Number(draft.run.parallel));
  const yaml = toYaml(document);
  return (
    <aside className="side" aria-label={t("new.summary")}>
      <Panel title={t("new.ready_title")}>
        <div className="stack">
          <p role="status">
            {isChecking ? (
              <span className="muted">{t("new.checking")}</span>
            ) : isReady ? (
              <span className="badge completed">{t("new.ready")}</span>
            ) : problems.length ? (
              <span className="badge failed">{t("new.n_problems", { n: problems.length })}</span>
            ) : (
              <span className="badge">{t("new.incomplete")}</span>
            )}
          </p>
          {missing.length && !isChecking ? (
            <ul className="small muted">
              {missing.map((step) => (
                <li key={step}>
                  {step + 1} · {t(STEP_TEXTS[step] ?? "new.more")}
                </li>
              ))}
            </ul>
          ) : null}
          {problems.length && !isChecking ? (
            <ul className="small">
              {problems.map((one) => (
                <li key={one.place + one.text} className="mistake">
                  {stepOf(one) >= 0 ? <b>{stepOf(one) + 1} · </b> : null}
                  {one.place ? <span className="mono">{one.place}: </span> : null}
                  {one.text}
                </li>
              ))}
            </ul>
          ) : null}
          {(report ? [...warningTexts(report, said), ...report.hints.map((hint) => said(hint))] : []).map((text) => (
            <div key={text} className="notice warn small">
              {text}
            </div>
          ))}
          <dl className="facts">
            <dt>{t("new.searched")}</dt>
            <dd>{report ? report.n_searched : "–"}</dd>
            <dt>{t("new.configurations")}</dt>
            <dd>
              {report
                ? report.n_configurations === null
                  ? t("new.continuous")
                  : count(report.n_configurations, language)
                : "–"}
            </dd>
            <dt>{t("new.forecast")}</dt>
            <dd>
              {seconds === null ? (
                <span className="muted">{t("new.forecast_unknown")}</span>
              ) : (
                <>
                  <b>{duration(seconds, language)}</b>{" "}
                  <span className="muted small">
                    {t("new.forecast_how", {
                      trials: draft.search.trials,
                      time: duration(wallSeconds, language),
                      parallel: draft.run.parallel,
                    })}
                  </span>
                </>
              )}
            </dd>
          </dl>
          {/* The list above has them already. */}
          {startError instanceof ApiError && startError.problems.length ? null : <Failure error={startError} />}
          <div className="row">
            <button type="button" className="primary" disabled={!isReady || isStarting} onClick={onStart}>
              {t("new.start")}
            </button>
            <SaveProgram draft={draft} isReady={isReady} />
          </div>
        </div>
      </Panel>
      <Panel title={t("new.file")} end={<CopyButton text={yaml} />}>
        <pre className="small wrapped" tabIndex={0} aria-label={t("new.file")}>
          {yaml.split("\n").map((line, i) => (
            <span key={i} style={hanging(line)}>
              {line}
            </span>
          ))}
        </pre>
      </Panel>
    </aside>
  );
}

function SaveProgram({ draft, isReady }: Readonly<{ draft: Draft; isReady: boolean }>) {
  const t = useText();
  const [isAsking, setAsking] = useState(false);
  const [name, setName] = useState("");
  const [isSaved, setSaved] = useState(false);
  const save = useAction(async (source) => {
    await source.send("POST", "/programs", programBody(draft, name));
    setSaved(true);
    setAsking(false);
  });
  return (
    <>
      <button
        type="button"
        disabled={!isReady}
        onClick={() => {
          setName(draft.name || nameOf(draft.command));
          setSaved(false);
          setAsking(true);
        }}
      >
        {isSaved ? t("new.saved") : t("new.save")}
      </button>
      {isAsking ? (
        <Dialog
          title={t("new.save")}
          action={t("save")}
          isBusy={save.isBusy || !name.trim()}
          onDo={save.run}
          onClose={() => {
            setAsking(false);
          }}
        >
          <Field label={t("new.name")}>
            <input
              value={name}
              onChange={(event) => {
                setName(event.target.value);
              }}
            />
          </Field>
          <Failure error={save.error} />
        </Dialog>
      ) : null}
    </>
  );
}
