/** Which program, in which folder; its parameters are found by asking it. */
import { useAction, useAnswer } from "../../api/hooks";
import type { Inspection, ProgramPage } from "../../api/types";
import { go, href } from "../../app/route";
import { Failure, Field } from "../../components/parts";
import { useSaid, useText } from "../../i18n";
import { useState } from "react";
import { parameterFound, shellText, type Draft } from "./draft";
import type { Change } from "./NewSearchPage";
import { textsAt, type Problem } from "./problems";
import { Step } from "./Step";

export function ProgramStep({
  draft,
  change,
  problems,
  isBegun,
}: Readonly<{
  draft: Draft;
  change: Change;
  problems: readonly Problem[];
  isBegun: boolean;
}>) {
  const t = useText();
  const said = useSaid();
  const stored = useAnswer<ProgramPage>("/programs?limit=200");
  const [answered, setFound] = useState<(Inspection & { of: string }) | null>(null);
  // What was said of another command, or of a script that was not in that folder, is true no more.
  const found = answered?.of === draft.command + draft.workdir ? answered : null;
  const inspect = useAction(async (source) => {
    const answer = await source.send<Inspection>("POST", "/programs/inspect", {
      command: draft.command,
      workdir: draft.workdir || null,
      run_help: true,
    });
    const known = new Set(draft.parameters.map((one) => one.name));
    const fresh = answer.parameters.filter((one) => !known.has(one.name)).map(parameterFound);
    const command = shellText(answer.command);
    setFound({ ...answer, of: command + draft.workdir });
    change({ parameters: [...draft.parameters, ...fresh], command });
  });
  const at = (place: string) => (isBegun ? textsAt(problems, place) : []);
  return (
    <Step number={1} title={t("new.program")}>
      {stored.data?.items.length ? (
        <Field label={t("new.stored")}>
          <select
            value=""
            onChange={(event) => {
              go(href(["new"], { program: event.target.value }));
            }}
          >
            <option value="">{t("new.stored_none")}</option>
            {stored.data.items.map((program) => (
              <option key={program.id} value={program.id}>
                {program.name}
              </option>
            ))}
          </select>
        </Field>
      ) : null}
      <div className="fields">
        <Field label={t("new.command")} wide mistakes={at("command")} help={t("new.command_help")}>
          <input
            className="mono"
            value={draft.command}
            spellCheck={false}
            placeholder="python train.py --epochs=20"
            onChange={(event) => {
              change({ command: event.target.value });
            }}
          />
        </Field>
        <Field label={t("new.workdir")} wide mistakes={at("workdir")} help={t("new.workdir_help")}>
          <input
            className="mono"
            value={draft.workdir}
            spellCheck={false}
            placeholder="."
            onChange={(event) => {
              change({ workdir: event.target.value });
            }}
          />
        </Field>
        <Field label={t("new.name")} mistakes={at("name")}>
          <input
            value={draft.name}
            placeholder={t("new.name_help")}
            onChange={(event) => {
              change({ name: event.target.value });
            }}
          />
        </Field>
      </div>
      <div className="row">
        <button
          type="button"
          className="primary"
          disabled={!draft.command.trim() || inspect.isBusy}
          onClick={() => {
            inspect.run();
          }}
        >
          {inspect.isBusy ? t("new.inspecting") : t("new.inspect")}
        </button>
        <span className="muted small">{t("new.inspect_help")}</span>
      </div>
      <Failure error={inspect.error} />
      {found && !inspect.isBusy ? (
        <div className={`notice ${found.parameters.length ? "good" : "warn"}`} role="status">
          {found.parameters.length ? t("new.found", { n: found.parameters.length }) : t("new.found_none")}
          {found.message ? `\n${said(found.reason ?? found.message)}` : ""}
        </div>
      ) : null}
    </Step>
  );
}
