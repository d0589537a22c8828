/** All searches: what runs, how far, how good; some of them side by side. */
import { useDeferredValue, useMemo } from "react";

import { useLive, useSteadyAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import { ENDED_JOBS, type JobPage, type JobState, type JobSummary } from "../../api/types";
import { href } from "../../app/route";
import { useNow } from "../../components/clock";
import { Answered, Choices, Empty, Panel } from "../../components/parts";
import { count } from "../../format/numbers";
import { useLanguage, useText } from "../../i18n";
import { useKept } from "../../components/useKept";
import { Compare } from "./Compare";
import { JobRow } from "./JobRow";

const STATES: readonly JobState[] = ["running", "queued", "completed", "failed", "stopped"];
const PAGE = 25;
const MAX_COMPARED = 6;

/** What was ticked as the server has it now; of what the list does not hold, as it was, unless it is deleted. */
export function newest(
  ticked: readonly JobSummary[],
  page: JobPage | undefined,
  isFiltered: boolean,
): readonly JobSummary[] {
  const listed = new Map(page?.items.map((one) => [one.job.id, one]));
  const isWhole = page !== undefined && !isFiltered && page.items.length >= page.total;
  return ticked.flatMap((old) => listed.get(old.job.id) ?? (isWhole ? [] : [old]));
}

export function JobsPage() {
  const t = useText();
  const language = useLanguage();
  const [text, setText] = useKept("jobs.text", "");
  const [state, setState] = useKept<JobState | null>("jobs.state", null);
  const [limit, setLimit] = useKept("jobs.limit", PAGE);
  const [ticked, setChosen] = useKept<readonly JobSummary[]>("jobs.chosen", []);
  const wanted = useDeferredValue(text.trim());
  const states = state === null ? undefined : state === "running" ? ["running", "stopping"] : [state];
  const entry = useSteadyAnswer<JobPage>(address("/jobs", { text: wanted || undefined, state: states, limit }));
  useLive("/events?after=now", "/jobs");
  const isFiltered = wanted !== "" || state !== null;
  const chosen = useMemo(() => newest(ticked, entry.data, isFiltered), [ticked, entry.data, isFiltered]);

  const toggle = (summary: JobSummary) => {
    setChosen(
      chosen.some((one) => one.job.id === summary.job.id)
        ? chosen.filter((one) => one.job.id !== summary.job.id)
        : [...chosen, summary].slice(-MAX_COMPARED),
    );
  };

  return (
    <>
      <div className="page-head">
        <h1>{t("jobs.title")}</h1>
        <div className="end">
          <a className="button primary" href={href(["new"])}>
            {t("jobs.new")}
          </a>
        </div>
      </div>
      <div className="row" style={{ marginBottom: "0.9rem" }}>
        <input
          type="search"
          aria-label={t("jobs.search")}
          placeholder={t("jobs.search")}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
          }}
        />
        <Choices
          label={t("jobs.by_state")}
          values={STATES}
          chosen={state}
          name={(one) => t(`state.${one}`)}
          onChoose={(one) => {
            setState(state === one ? null : one);
          }}
        />
      </div>
      {chosen.length > 1 ? (
        <Compare
          jobs={chosen}
          onClear={() => {
            setChosen([]);
          }}
        />
      ) : null}
      <Answered entry={entry}>
        {(page) =>
          page.items.length ? (
            <>
              <JobTable page={page} chosen={chosen} onToggle={toggle} />
              {page.total > page.items.length ? (
                <p className="row" style={{ marginTop: "0.9rem" }}>
                  <span className="muted">
                    {t("shown_of", { shown: page.items.length, total: count(page.total, language) })}
                  </span>
                  <button
                    type="button"
                    onClick={() => {
                      setLimit(limit + PAGE);
                    }}
                  >
                    {t("more")}
                  </button>
                </p>
              ) : null}
            </>
          ) : (
            <Panel>
              {isFiltered ? (
                <Empty title={t("jobs.none_fit")} text={t("jobs.none_fit_text")} />
              ) : (
                <Empty title={t("jobs.empty")} text={t("jobs.empty_text")}>
                  <a className="button primary" href={href(["new"])}>
                    {t("jobs.first")}
                  </a>
                </Empty>
              )}
            </Panel>
          )
        }
      </Answered>
    </>
  );
}

function JobTable({
  page,
  chosen,
  onToggle,
}: Readonly<{
  page: JobPage;
  chosen: readonly JobSummary[];
  onToggle: (summary: JobSummary) => void;
}>) {
  const t = useText();
  const isLive = page.items.some((one) => !ENDED_JOBS.includes(one.job.state));
  const now = useNow(true, isLive ? 1000 : 15_000);
  return (
    <div className="panel scroll">
      <table className="jobs">
        <caption className="visually-hidden">{t("jobs.title")}</caption>
        <thead>
          <tr>
            <th scope="col" className="hide-narrow">
              <span className="visually-hidden">{t("jobs.compare")}</span>
            </th>
            <th scope="col">{t("jobs.name")}</th>
            <th scope="col">{t("jobs.state")}</th>
            <th scope="col" style={{ minWidth: "9rem" }}>
              {t("jobs.progress")}
            </th>
            <th scope="col" className="num">
              {t("jobs.best")}
            </th>
            <th scope="col" className="hide-narrow">
              {t("jobs.best_so_far")}
            </th>
            <th scope="col" className="hide-narrow">
              {t("jobs.sampler")}
            </th>
            <th scope="col" className="num hide-narrow">
              {t("jobs.duration")}
            </th>
            <th scope="col" className="num hide-narrow">
              {t("jobs.created")}
            </th>
          </tr>
        </thead>
        <tbody>
          {page.items.map((summary) => (
            <JobRow
              key={summary.job.id}
              summary={summary}
              now={now}
              isChosen={chosen.some((one) => one.job.id === summary.job.id)}
              onToggle={() => {
                onToggle(summary);
              }}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}
