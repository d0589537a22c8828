/** The job file, to keep and to run again. */
import { useMemo } from "react";

import type { JobDetail } from "../../api/types";
import { CopyButton, Panel } from "../../components/parts";
import { toYaml } from "../../format/yaml";
import { useText } from "../../i18n";

export function JobFile({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const text = useMemo(() => toYaml(detail.summary.job.document), [detail.summary.job.document]);
  return (
    <Panel title={t("job.file")} end={<CopyButton text={text} />}>
      <p className="muted">{t("job.file_text")}</p>
      <pre className="code" style={{ overflow: "auto", whiteSpace: "pre" }} tabIndex={0}>
        {text}
      </pre>
    </Panel>
  );
}
