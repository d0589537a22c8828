/** Stored programs: what a search can begin with. */
import { useState } from "react";

import { useAction, useSteadyAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import type { Program, ProgramPage } from "../../api/types";
import { href } from "../../app/route";
import { Dialog } from "../../components/Dialog";
import { Answered, Empty, Failure, Panel } from "../../components/parts";
import { moment } from "../../format/times";
import { useLanguage, useText } from "../../i18n";
import { shellText } from "../new/draft";

const MAX_SHOWN = 200;

export function ProgramsPage() {
  const t = useText();
  const [text, setText] = useState("");
  const entry = useSteadyAnswer<ProgramPage>(
    address("/programs", { text: text.trim() || undefined, limit: MAX_SHOWN }),
  );
  return (
    <>
      <div className="page-head">
        <h1>{t("programs.title")}</h1>
        <div className="end">
          <input
            type="search"
            aria-label={t("programs.search")}
            placeholder={t("programs.search")}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
            }}
          />
          <a className="button primary" href={href(["new"])}>
            {t("programs.describe")}
          </a>
        </div>
      </div>
      <Answered entry={entry}>
        {(page) =>
          page.items.length ? (
            <div className="grid">
              {page.items.map((program) => (
                <OneProgram key={program.id} program={program} />
              ))}
            </div>
          ) : (
            <Panel>
              <Empty title={t("programs.empty")} text={t("programs.empty_text")} />
            </Panel>
          )
        }
      </Answered>
    </>
  );
}

function OneProgram({ program }: Readonly<{ program: Program }>) {
  const t = useText();
  const language = useLanguage();
  const [isAsking, setAsking] = useState(false);
  const remove = useAction(async (source) => {
    await source.send("DELETE", `/programs/${program.id}`);
  });
  return (
    <Panel
      title={program.name}
      end={
        <>
          <button
            type="button"
            className="tiny danger"
            onClick={() => {
              setAsking(true);
            }}
          >
            {t("job.delete")}
          </button>
          <a className="button tiny primary" href={href(["new"], { program: program.id })}>
            {t("programs.use")}
          </a>
        </>
      }
    >
      <div className="stack">
        {program.description ? <p>{program.description}</p> : null}
        <dl className="facts">
          <dt>{t("new.command")}</dt>
          <dd className="mono small">{shellText(program.command)}</dd>
          <dt>{t("new.workdir")}</dt>
          <dd className="mono small">{program.workdir}</dd>
          <dt>{t("job.params")}</dt>
          <dd>{Object.keys(program.parameters).join(", ")}</dd>
          <dt>{t("new.metric_name")}</dt>
          <dd>{Object.keys(program.metrics).join(", ")}</dd>
          <dt>{t("programs.version")}</dt>
          <dd>
            {program.version} · {moment(program.changed_at, language)}
          </dd>
        </dl>
      </div>
      {isAsking ? (
        <Dialog
          title={t("delete.title", { name: program.name })}
          action={t("job.delete")}
          isDanger
          isBusy={remove.isBusy}
          onDo={remove.run}
          onClose={() => {
            setAsking(false);
          }}
        >
          <p>{t("programs.delete_text")}</p>
          <Failure error={remove.error} />
        </Dialog>
      ) : null}
    </Panel>
  );
}
