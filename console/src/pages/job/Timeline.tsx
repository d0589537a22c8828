/** When each trial ran, in as many lanes as ran side by side. */
import { useMemo } from "react";

import type { JobDetail, TrialState } from "../../api/types";
import { go, href } from "../../app/route";
import { LazyChart } from "../../charts/LazyChart";
import { joined, lanes, timelineOption } from "../../charts/timeline";
import { useNow } from "../../components/clock";
import { Answered, Panel } from "../../components/parts";
import { count } from "../../format/numbers";
import { useLanguage, useText } from "../../i18n";
import { useColumns } from "./sample";

const STATES: readonly TrialState[] = ["running", "completed", "early_stopped", "failed", "stopped"];
const REDRAW_MS = 5000;
const MAX_BARS = 3000; // on a screen they are a pixel or two wide

export function Timeline({ detail }: Readonly<{ detail: JobDetail }>) {
  const t = useText();
  const language = useLanguage();
  const { job, counts } = detail.summary;
  const entry = useColumns(job);
  const now = useNow(counts.running > 0, REDRAW_MS);
  const columns = entry.data;
  const all = useMemo(() => (columns ? lanes(columns, now) : []), [columns, now]);
  const bars = useMemo(() => joined(all, MAX_BARS), [all]);
  const option = useMemo(() => timelineOption(bars, language, t), [bars, language, t]);
  const events = useMemo(
    () => ({
      click: (event: Readonly<{ dataIndex: number }>) => {
        const bar = bars[event.dataIndex];
        if (bar) go(href(["jobs", job.id, "trials", bar.number]));
      },
    }),
    [bars, job.id],
  );
  const nLanes = bars.reduce((most, bar) => Math.max(most, bar.lane + 1), 1);
  const note =
    bars.length < all.length ? (
      <span className="muted small">
        {t("timeline.joined", { n: count(bars.length, language), total: count(all.length, language) })}
      </span>
    ) : null;
  const states = STATES.filter((state) => all.some((bar) => bar.state === state));
  return (
    <Panel
      title={t("job.timeline")}
      end={
        <>
          {note}
          {states.map((state) => (
            <span key={state} className={`key small ${state}`}>
              {t(`state.${state}`)}
            </span>
          ))}
        </>
      }
    >
      <Answered entry={entry}>
        {() => (
          <LazyChart
            label={t("job.timeline_label")}
            height={Math.min(560, 110 + 34 * nLanes)}
            option={option}
            events={events}
            isKept
          />
        )}
      </Answered>
    </Panel>
  );
}
