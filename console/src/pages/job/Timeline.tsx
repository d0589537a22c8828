/** When each trial ran, in as many lanes as ran side by side. */
import { useMemo } from "react";

import type { JobDetail } from "../../api/types";
import { go, href } from "../../app/route";
import { lanes, timelineOption } from "../../charts/bars";
import { LazyChart } from "../../charts/LazyChart";
import { useNow } from "../../components/clock";
import { Answered, Panel } from "../../components/parts";
import { useLanguage, useText } from "../../i18n";
import { SampleNote, useSample } from "./sample";

const REDRAW_MS = 5000;

export function Timeline({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const language = useLanguage();
  const { job, counts } = detail.summary;
  const entry = useSample(job, "-started_at");
  const now = useNow(counts.running > 0, REDRAW_MS);
  const trials = entry.data?.items;
  const bars = useMemo(() => lanes(trials ?? [], now), [trials, now]);
  const option = useMemo(() => timelineOption(bars, language, t), [bars, language, t]);
  const events = useMemo(
    () => ({
      click: (event: Readonly<{ dataIndex: number }>) => {
        const bar = bars[event.dataIndex];
        if (bar) go(href(["jobs", job.id, "trials", bar.trial.number]));
      },
    }),
    [bars, job.id],
  );
  const nLanes = Math.max(1, ...bars.map((bar) => bar.lane + 1));
  return (
    <Panel title={t("job.timeline")} end={<SampleNote page={entry.data} kind="latest" />}>
      <Answered entry={entry}>
        {() => (
          <LazyChart
            label={t("job.timeline_label")}
            height={Math.min(560, 110 + 34 * nLanes)}
            option={option}
            events={events}
          />
        )}
      </Answered>
    </Panel>
  );
}
