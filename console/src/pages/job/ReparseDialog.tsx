/** Read the kept logs again in another way; nothing is run. What would change can be seen before, and undone after. */
import { useState } from "react";

import { useAction } from "../../api/hooks";
import { ApiError, type Source } from "../../api/source";
import { documentOf, type Goal, type JobDocument, type ReparseReport, type SearchJob } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import { Failure, Field } from "../../components/parts";
import { useText } from "../../i18n";
import { ReparseResult } from "./ReparseResult";

const REDUCTIONS = ["best", "last", "mean_last_5"] as const;
const CONFLICT = 409;

export type ReparseDraft = Readonly<{
  regexes: Readonly<Record<string, string>>;
  reduce: string;
  name: string;
  goal: Goal;
}>;

export function reparseDraft({ metrics, objective }: JobDocument): ReparseDraft {
  return {
    regexes: Object.fromEntries(
      Object.entries(metrics).flatMap(([name, { regex }]) => (regex === undefined ? [] : [[name, regex] as const])),
    ),
    reduce: objective.reduce ?? "best",
    name: objective.metric,
    goal: objective.goal,
  };
}

/** What is to be different; the rest stays as it is. */
export function reparseBody(before: ReparseDraft, after: ReparseDraft): Readonly<Record<string, unknown>> {
  const regexes = Object.entries(after.regexes).filter(([name, regex]) => regex !== before.regexes[name]);
  return {
    ...(regexes.length ? { regexes: Object.fromEntries(regexes) } : {}),
    ...(after.reduce === before.reduce ? {} : { reduce: after.reduce }),
    ...(after.name === before.name ? {} : { name: after.name }),
    ...(after.goal === before.goal ? {} : { goal: after.goal }),
  };
}

/** Metrics that no log would have any more, of those that are about to be read in another way or searched on. */
export function silentMetrics(report: ReparseReport, body: Readonly<Record<string, unknown>>): readonly string[] {
  if (report.n_trials === 0) return [];
  const asked = new Set([report.metric, ...Object.keys((body["regexes"] ?? {}) as object)]);
  return Object.entries(report.n_captured)
    .filter(([name, n]) => n === 0 && asked.has(name))
    .map(([name]) => name);
}

export function ReparseDialog({
  job,
  onClose,
  onDone,
}: Readonly<{
  job: SearchJob;
  onClose: () => void;
  onDone: (report: ReparseReport, isUndo: boolean) => void;
}>) {
  const t = useText();
  const [before] = useState(() => reparseDraft(documentOf(job)));
  const [draft, setDraft] = useState(before);
  const [preview, setPreview] = useState<ReparseReport | null>(null);
  const [isConfirmed, setConfirmed] = useState(false);
  const path = `/jobs/${job.id}/reparse`;
  const body = reparseBody(before, draft);
  const silent = preview ? silentMetrics(preview, body) : [];
  const look = async (source: Source) => {
    const report = await source.send<ReparseReport>("POST", `${path}?dry_run=true`, body);
    setPreview(report);
    return report;
  };
  const see = useAction(async (source) => {
    await look(source);
  });
  const act = useAction(async (source, what: "reparse" | "undo") => {
    if (what === "undo") {
      onDone(await source.send<ReparseReport>("POST", `${path}/undo`), true);
    } else {
      try {
        onDone(await source.send<ReparseReport>("POST", path, { ...body, confirmed: isConfirmed }), false);
      } catch (error) {
        // Refused as nothing would be captured: that is shown, and can be confirmed.
        const isRefused = error instanceof ApiError && error.status === CONFLICT && !isConfirmed;
        if (isRefused && silentMetrics(await look(source), body).length) return;
        throw error;
      }
    }
    onClose();
  });
  const change = (next: Partial<ReparseDraft>) => {
    setDraft({ ...draft, ...next });
    // It was of something else.
    setPreview(null);
    setConfirmed(false);
    see.clear();
    act.clear();
  };
  const isBusy = act.isBusy || see.isBusy;
  return (
    <Dialog
      title={t("reparse.title")}
      action={t("job.reparse")}
      isBusy={isBusy || (silent.length > 0 && !isConfirmed)}
      extra={
        <button
          type="button"
          disabled={isBusy}
          onClick={() => {
            see.run();
          }}
        >
          {see.isBusy ? t("reparse.reading") : t("reparse.preview")}
        </button>
      }
      onDo={() => {
        act.run("reparse");
      }}
      onClose={onClose}
    >
      <p>{t("reparse.text")}</p>
      {Object.entries(draft.regexes).map(([name, regex]) => (
        <Field key={name} label={name}>
          <input
            className="mono"
            value={regex}
            spellCheck={false}
            onChange={(event) => {
              change({ regexes: { ...draft.regexes, [name]: event.target.value } });
            }}
          />
        </Field>
      ))}
      <Field label={t("reparse.name")}>
        <input
          className="mono"
          value={draft.name}
          spellCheck={false}
          onChange={(event) => {
            change({ name: event.target.value });
          }}
        />
      </Field>
      <Field label={t("new.goal")}>
        <select
          value={draft.goal}
          onChange={(event) => {
            change({ goal: event.target.value as Goal });
          }}
        >
          <option value="maximize">{t("new.maximize")}</option>
          <option value="minimize">{t("new.minimize")}</option>
        </select>
      </Field>
      <Field label={t("new.reduce")}>
        <select
          value={draft.reduce}
          onChange={(event) => {
            change({ reduce: event.target.value });
          }}
        >
          {REDUCTIONS.map((one) => (
            <option key={one} value={one}>
              {t(`reduce.${one}`)}
            </option>
          ))}
          {(REDUCTIONS as readonly string[]).includes(before.reduce) ? null : <option>{before.reduce}</option>}
        </select>
      </Field>
      {preview ? <ReparseResult report={preview} /> : null}
      {silent.length ? (
        <>
          <p className="notice bad" role="alert">
            {t("reparse.silent", { names: silent.join(", "), n: preview?.n_trials ?? 0 })}
          </p>
          <label className="check">
            <input
              type="checkbox"
              checked={isConfirmed}
              onChange={(event) => {
                setConfirmed(event.target.checked);
              }}
            />
            {t("reparse.confirm")}
          </label>
        </>
      ) : null}
      <Failure error={act.error ?? see.error} />
      <p className="row">
        <button
          type="button"
          className="tiny"
          disabled={isBusy}
          onClick={() => {
            act.run("undo");
          }}
        >
          {t("reparse.undo")}
        </button>
        <span className="small muted">{t("reparse.undo_help")}</span>
      </p>
    </Dialog>
  );
}
