/** One search: its best result on top, below it what happened, in tabs. */
import { useAnswer, useLive, useSource } from "../../api/hooks";
import type { JobDetail } from "../../api/types";
import { href } from "../../app/route";
import { Answered, StateBadge } from "../../components/parts";
import { useText, type Key } from "../../i18n";
import { Failures } from "./Failures";
import { Headline } from "./Headline";
import { JobActions } from "./JobActions";
import { JobFile } from "./JobFile";
import { Overview } from "./Overview";
import { ParametersTab } from "./ParametersTab";
import { Timeline } from "./Timeline";
import { TrialsTab } from "./TrialsTab";

export const TABS: readonly Readonly<{ id: string; text: Key }>[] = [
  { id: "overview", text: "job.overview" },
  { id: "trials", text: "job.trials" },
  { id: "parameters", text: "job.parameters" },
  { id: "timeline", text: "job.timeline" },
  { id: "file", text: "job.file" },
];

function Tab({ detail, tab }: Readonly<{ detail: JobDetail; tab: string }>) {
  if (tab === "trials") return <TrialsTab detail={detail} />;
  if (tab === "parameters") return <ParametersTab detail={detail} />;
  if (tab === "timeline") {
    return (
      <>
        <Timeline detail={detail} />
        <Failures detail={detail} />
      </>
    );
  }
  if (tab === "file") return <JobFile detail={detail} />;
  return <Overview detail={detail} />;
}

export function JobPage({ jobId, tab }: Readonly<{ jobId: string; tab: string }>) {
  const t = useText();
  const { isFrozen } = useSource();
  const entry = useAnswer<JobDetail>(`/jobs/${jobId}`);
  useLive(entry.error && !entry.data ? null : `/jobs/${jobId}/events?after=now`, `/jobs/${jobId}`);
  return (
    <Answered entry={entry} isPage>
      {(detail) => (
        <>
          {isFrozen ? null : (
            <nav className="crumbs" aria-label={t("nav.crumbs")}>
              <ol>
                <li>
                  <a href={href(["jobs"])}>{t("nav.jobs")}</a>
                </li>
                <li aria-current="page">{detail.summary.job.name}</li>
              </ol>
            </nav>
          )}
          <div className="page-head">
            <h1>{detail.summary.job.name}</h1>
            <StateBadge state={detail.summary.job.state} />
            <span className="muted mono small">{detail.summary.job.id.slice(0, 8)}</span>
            {isFrozen ? null : <JobActions detail={detail} />}
          </div>
          <Headline detail={detail} />
          <nav className="tabs" aria-label={t("job.views")}>
            {TABS.map(({ id, text }) => (
              <a key={id} href={href(["jobs", jobId, id])} aria-current={tab === id ? "page" : undefined}>
                {t(text)}
              </a>
            ))}
          </nav>
          <Tab detail={detail} tab={tab} />
        </>
      )}
    </Answered>
  );
}
