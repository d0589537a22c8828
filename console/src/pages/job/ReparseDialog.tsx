/** Read the kept logs again with other regexes; nothing is run. */
import { useState } from "react";

import { useAction } from "../../api/hooks";
import { documentOf, type ReparseReport, type SearchJob } from "../../api/types";
import { Dialog } from "../../components/Dialog";
import { Failure, Field } from "../../components/parts";
import { useText } from "../../i18n";

const REDUCTIONS = ["best", "last", "mean_last_5"];

export function ReparseDialog({
  job,
  onClose,
  onDone,
}: Readonly<{
  job: SearchJob;
  onClose: () => void;
  onDone: (report: ReparseReport) => void;
}>) {
  const t = useText();
  const before = documentOf(job);
  const [regexes, setRegexes] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(Object.entries(before.metrics).map(([name, metric]) => [name, metric.regex])),
  );
  const [reduce, setReduce] = useState(before.objective.reduce ?? "best");
  const action = useAction(async (source) => {
    onDone(await source.send<ReparseReport>("POST", `/jobs/${job.id}/reparse`, { regexes, reduce }));
    onClose();
  });
  return (
    <Dialog
      title={t("reparse.title")}
      action={t("job.reparse")}
      isBusy={action.isBusy}
      onDo={action.run}
      onClose={onClose}
    >
      <p>{t("reparse.text")}</p>
      {Object.entries(regexes).map(([name, regex]) => (
        <Field key={name} label={name}>
          <input
            className="mono"
            value={regex}
            spellCheck={false}
            onChange={(event) => {
              setRegexes({ ...regexes, [name]: event.target.value });
            }}
          />
        </Field>
      ))}
      <Field label={t("new.reduce")}>
        <select
          value={reduce}
          onChange={(event) => {
            setReduce(event.target.value);
          }}
        >
          {[...new Set([...REDUCTIONS, reduce])].map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </Field>
      <Failure error={action.error} />
    </Dialog>
  );
}
