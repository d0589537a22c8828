/** Asks which configurations to run again, and how the program takes its seed. */
import { useState } from "react";

import { useAction } from "../../api/hooks";
import type { SearchJob } from "../../api/types";
import { go, href } from "../../app/route";
import { Dialog } from "../../components/Dialog";
import { Failure, Field } from "../../components/parts";
import { useText } from "../../i18n";

const MOST = 100; // that the server takes

export function ConfirmDialog({ job, onClose }: Readonly<{ job: SearchJob; onClose: () => void }>) {
  const t = useText();
  const [top, setTop] = useState(3);
  const [repeats, setRepeats] = useState(2);
  const [seedFlag, setSeedFlag] = useState("");
  const action = useAction(async (source) => {
    const body = { top, repeats, seed_flag: seedFlag.trim() || null };
    const made = await source.send<SearchJob>("POST", `/jobs/${job.id}/confirm`, body);
    go(href(["jobs", made.id]));
  });
  const count = (value: number, set: (value: number) => void) => (
    <input
      type="number"
      min={1}
      max={MOST}
      value={value}
      onChange={(event) => {
        set(Math.min(MOST, Math.max(1, event.target.valueAsNumber || 1)));
      }}
    />
  );
  return (
    <Dialog
      title={t("confirm.title", { name: job.name })}
      action={t("confirm.start", { n: top * repeats })}
      isBusy={action.isBusy}
      onDo={() => {
        action.run();
      }}
      onClose={onClose}
    >
      <p>{t("confirm.text")}</p>
      <Field label={t("confirm.top")}>{count(top, setTop)}</Field>
      <Field label={t("confirm.repeats")}>{count(repeats, setRepeats)}</Field>
      <Field label={t("confirm.seed_flag")} help={t("confirm.seed_help")}>
        <input
          value={seedFlag}
          placeholder="--seed"
          onChange={(event) => {
            setSeedFlag(event.target.value);
          }}
        />
      </Field>
      <Failure error={action.error} />
    </Dialog>
  );
}
