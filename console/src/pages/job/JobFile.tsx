/** The job file, to keep and to run again. */
import { useMemo } from "react";

import type { JobDetail } from "../../api/types";
import { CopyButton, Panel } from "../../components/parts";
import { toYaml } from "../../format/yaml";
import { useText } from "../../i18n";

/** The complete job file without what is empty. `max_failed: null` stays: it means never, not the default. */
export function withoutEmpty(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isEmpty = (value: unknown) =>
    value === null || (typeof value === "object" && Object.keys(value as object).length === 0);
  return Object.fromEntries(
    Object.entries(document)
      .map(([key, value]) => {
        const isSection = typeof value === "object" && value !== null && !Array.isArray(value);
        return [key, isSection ? withoutEmpty(value as Record<string, unknown>) : value] as const;
      })
      .filter(([key, value]) => key === "max_failed" || !isEmpty(value)),
  );
}

export function JobFile({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const text = useMemo(() => toYaml(withoutEmpty(detail.summary.job.document)), [detail.summary.job.document]);
  return (
    <Panel title={t("job.file")} end={<CopyButton text={text} />}>
      <p className="muted">{t("job.file_text")}</p>
      <pre className="code" style={{ overflow: "auto", whiteSpace: "pre" }} tabIndex={0}>
        {text}
      </pre>
    </Panel>
  );
}
