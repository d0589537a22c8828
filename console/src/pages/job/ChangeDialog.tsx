/** Change the limits of a search, also while it runs. */
import { useState } from "react";

import { useAction } from "../../api/hooks";
import type { SearchJob } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import { Failure, Field } from "../../components/parts";
import { useText } from "../../i18n";
import { changeBody, LIMITS, limitsDraft } from "./limits";

export function ChangeDialog({ job, onClose }: Readonly<{ job: SearchJob; onClose: () => void }>) {
  const t = useText();
  const [before] = useState(() => limitsDraft(job));
  const [draft, setDraft] = useState(before);
  const body = changeBody(before, draft);
  const act = useAction(async (source) => {
    await source.send("PATCH", `/jobs/${job.id}`, body);
    onClose();
  });
  return (
    <Dialog
      title={t("change.title", { name: job.name })}
      action={t("job.change")}
      isBusy={act.isBusy || Object.keys(body).length === 0}
      onDo={() => {
        act.run();
      }}
      onClose={onClose}
    >
      <p>{t("change.text")}</p>
      {LIMITS.map((key) => (
        <Field key={key} label={t(key === "trials" ? "new.trials" : `run.${key}`)}>
          <input
            type={key === "parallel" ? "number" : "text"}
            min={key === "parallel" ? 1 : undefined}
            value={draft[key]}
            placeholder={key.endsWith("timeout") ? t("hint.time") : undefined}
            onChange={(event) => {
              setDraft({ ...draft, [key]: event.target.value });
            }}
          />
        </Field>
      ))}
      <Failure error={act.error} />
    </Dialog>
  );
}
