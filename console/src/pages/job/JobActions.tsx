/** What can be done with a search as it stands. */
import { useState } from "react";

import { useAction } from "../../api/hooks";
import { ENDED_JOBS, type JobDetail, type ReparseReport } from "../../api/types";
import { go, href } from "../../app/route";
import { Dialog } from "../../components/Dialog";
import { Failure } from "../../components/parts";
import { useText, type Key } from "../../i18n";
import { ChangeDialog } from "./ChangeDialog";
import { ConfirmDialog } from "./ConfirmDialog";
import { EnqueueDialog } from "./EnqueueDialog";
import { ReparseDialog } from "./ReparseDialog";

type Asked = "change" | "confirm" | "delete" | "enqueue" | "extend" | "reparse" | "retry" | "stop";

const QUESTIONS: Readonly<Partial<Record<Asked, Readonly<{ title: Key; text: Key; action: Key }>>>> = {
  stop: { title: "stop.title", text: "stop.text", action: "job.stop" },
  extend: { title: "extend.title", text: "extend.text", action: "job.extend" },
  retry: { title: "retry.title", text: "retry.text", action: "job.retry" },
  delete: { title: "delete.title", text: "delete.text", action: "job.delete" },
};

export function JobActions({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const { job, counts, best } = detail.summary;
  const isSearch = job.confirms === null;
  const [asked, setAsked] = useState<Asked | null>(null);
  const [more, setMore] = useState(10);
  const [drain, setDrain] = useState(true);
  const [report, setReport] = useState<Readonly<{ report: ReparseReport; isUndo: boolean }> | null>(null);
  const isEnded = ENDED_JOBS.includes(job.state);
  const action = useAction(async (source, what: Asked | "resume" | "undo") => {
    const at = `/jobs/${job.id}`;
    if (what === "stop") await source.send("POST", `${at}/stop`, { drain });
    else if (what === "extend") await source.send("POST", `${at}/resume`, { trials: `+${String(more)}` });
    else if (what === "resume") await source.send("POST", `${at}/resume`);
    else if (what === "undo")
      setReport({ report: await source.send<ReparseReport>("POST", `${at}/reparse/undo`), isUndo: true });
    else if (what === "retry") await source.send("POST", `${at}/retry`);
    else if (what === "delete") {
      await source.send("DELETE", at);
      go(href(["jobs"]));
    }
    setAsked(null);
  });
  const question = asked === null ? undefined : QUESTIONS[asked];
  const close = () => {
    setAsked(null);
    action.clear();
  };
  const button = (what: Asked, text: Key, kind = "") => (
    <button
      type="button"
      className={kind}
      onClick={() => {
        setAsked(what);
      }}
    >
      {t(text)}
    </button>
  );
  return (
    <div className="end">
      {isEnded ? null : button("stop", "job.stop")}
      {button("change", "job.change")}
      {isEnded ? null : button("enqueue", "job.enqueue")}
      {job.state === "stopped" || job.state === "failed" ? (
        <button
          type="button"
          className="primary"
          disabled={action.isBusy}
          onClick={() => {
            action.run("resume");
          }}
        >
          {t("job.resume")}
        </button>
      ) : null}
      {isSearch && best ? button("confirm", "job.confirm") : null}
      {isEnded && isSearch ? button("extend", "job.extend") : null}
      {isEnded && counts.failed ? button("retry", "job.retry") : null}
      {isEnded ? button("reparse", "job.reparse") : null}
      {isSearch ? (
        <a className="button" href={href(["new"], { job: job.id })}>
          {t("job.again")}
        </a>
      ) : null}
      {isEnded ? button("delete", "job.delete", "danger") : null}
      {asked === null && action.error ? <Failure error={action.error} /> : null}
      {report ? (
        <div className={`notice ${report.report.n_lost ? "warn" : "good"}`} role="status">
          {t(report.isUndo ? "reparse.undone" : "reparse.done", {
            n: report.report.n_trials,
            changed: report.report.changed.length,
          })}{" "}
          {report.report.n_lost ? `${t("reparse.lost", { n: report.report.n_lost })} ` : ""}
          {report.isUndo ? null : (
            <button
              type="button"
              className="tiny"
              disabled={action.isBusy}
              onClick={() => {
                action.run("undo");
              }}
            >
              {t("reparse.undo")}
            </button>
          )}
        </div>
      ) : null}
      {asked === "change" ? <ChangeDialog job={job} onClose={close} /> : null}
      {asked === "confirm" ? <ConfirmDialog job={job} onClose={close} /> : null}
      {asked === "enqueue" ? <EnqueueDialog job={job} onClose={close} /> : null}
      {asked === "reparse" ? (
        <ReparseDialog
          job={job}
          onClose={close}
          onDone={(done, isUndo) => {
            setReport({ report: done, isUndo });
          }}
        />
      ) : null}
      {question && asked ? (
        <Dialog
          title={t(question.title, { name: job.name })}
          action={t(question.action)}
          isDanger={asked === "delete"}
          isBusy={action.isBusy}
          onDo={() => {
            action.run(asked);
          }}
          onClose={close}
        >
          <p>{t(question.text, { n: counts.failed })}</p>
          {asked === "extend" ? (
            <label className="row">
              {t("extend.more")}
              <input
                type="number"
                min={1}
                value={more}
                onChange={(event) => {
                  setMore(Math.max(1, event.target.valueAsNumber || 1));
                }}
              />
            </label>
          ) : null}
          {asked === "stop" ? (
            <label className="check">
              <input
                type="checkbox"
                checked={drain}
                onChange={(event) => {
                  setDrain(event.target.checked);
                }}
              />
              {t("stop.drain")}
            </label>
          ) : null}
          <Failure error={action.error} />
        </Dialog>
      ) : null}
    </div>
  );
}
