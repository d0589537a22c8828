/** The job's page in one file: the same parts, fed from the data that lies in the page. */
import "../styles/base.css";
import "../styles/parts.css";
import "../styles/pages.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Cache } from "../api/cache";
import { CacheContext } from "../api/hooks";
import { inlineSource, type ReportData } from "../api/inline";
import { Brand, PreferenceButtons, useDocument } from "../app/App";
import { href, useRoute } from "../app/route";
import { Boundary } from "../components/Boundary";
import { moment } from "../format/times";
import { useLanguage, useText } from "../i18n";
import { JobPage } from "../pages/job/JobPage";
import { TrialPage } from "../pages/trial/TrialPage";

function ReportPage({ data }: Readonly<{ data: ReportData }>) {
  const t = useText();
  const language = useLanguage();
  const { parts } = useRoute();
  useDocument();
  const [, , tab = "overview", number] = parts;
  return (
    <>
      <header className="topbar">
        <Brand to={href(["jobs", data.job_id])} />
        <span className="muted small">
          {t("report.note", { version: data.version, time: moment(data.created_at, language) })}
        </span>
        <div className="end">
          <PreferenceButtons />
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Boundary place={parts}>
          {tab === "trials" && number !== undefined ? (
            <TrialPage jobId={data.job_id} number={Number(number)} />
          ) : (
            <JobPage jobId={data.job_id} tab={tab} />
          )}
        </Boundary>
      </main>
    </>
  );
}

const root = document.getElementById("root");
const text = document.getElementById("scriptune-data")?.textContent;
if (!root || !text) throw new Error("The page holds no report.");
const data = JSON.parse(text) as ReportData;
createRoot(root).render(
  <StrictMode>
    <CacheContext value={new Cache(inlineSource(data))}>
      <ReportPage data={data} />
    </CacheContext>
  </StrictMode>,
);
