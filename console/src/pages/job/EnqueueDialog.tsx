/** A configuration to try next; the sampler chooses what is left out. */
import { useState } from "react";

import { useAction } from "../../api/hooks";
import { searchedOf, type SearchJob } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import { Failure, Field } from "../../components/parts";
import { useText } from "../../i18n";
import { rangeText, wantedParams } from "./wanted";

export function EnqueueDialog({ job, onClose }: Readonly<{ job: SearchJob; onClose: () => void }>) {
  const t = useText();
  const searched = searchedOf(job);
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const params = wantedParams(searched, texts);
  const act = useAction(async (source) => {
    await source.send("POST", `/jobs/${job.id}/enqueue`, { params });
    onClose();
  });
  return (
    <Dialog
      title={t("enqueue.title", { name: job.name })}
      action={t("job.enqueue")}
      isBusy={act.isBusy || Object.keys(params).length === 0}
      onDo={() => {
        act.run();
      }}
      onClose={onClose}
    >
      <p>{t("enqueue.text")}</p>
      {searched.map(([name, domain]) => (
        <Field key={name} label={name}>
          <input
            value={texts[name] ?? ""}
            placeholder={rangeText(domain)}
            onChange={(event) => {
              setTexts({ ...texts, [name]: event.target.value });
            }}
          />
        </Field>
      ))}
      <Failure error={act.error} />
    </Dialog>
  );
}
