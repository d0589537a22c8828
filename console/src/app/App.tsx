/** The frame: navigation, language, theme, the state of the connection, and the page of the address. */
import { Suspense, useEffect, type ReactNode } from "react";

import { useConnection } from "../api/hooks";
import { Boundary } from "../components/Boundary";
import { Empty, Loading } from "../components/parts";
import { useText, type Key } from "../i18n";
import { JobPage, TABS } from "../pages/job/JobPage";
import { JobsPage } from "../pages/jobs/JobsPage";
import { NewSearchPage } from "../pages/new/NewSearchPage";
import { ProgramsPage } from "../pages/programs/ProgramsPage";
import { SettingsPage } from "../pages/settings/SettingsPage";
import { TrialPage } from "../pages/trial/TrialPage";
import { setPreferences, useIsDark, usePreferences } from "./preferences";
import { href, useRoute, type Route } from "./route";

const LINKS: readonly Readonly<{ part: string; text: Key }>[] = [
  { part: "jobs", text: "nav.jobs" },
  { part: "new", text: "nav.new" },
  { part: "programs", text: "nav.programs" },
  { part: "settings", text: "nav.settings" },
];

function pageOf(route: Route): ReactNode {
  const [section = "jobs", id, tab, number] = route.parts;
  if (section === "jobs" && id !== undefined) {
    if (tab === "trials" && number !== undefined) {
      return /^\d+$/.test(number) ? <TrialPage jobId={id} number={Number(number)} /> : <Lost />;
    }
    if (tab !== undefined && !TABS.some((one) => one.id === tab)) return <Lost />;
    return <JobPage jobId={id} tab={tab ?? "overview"} />;
  }
  if (section === "jobs") return <JobsPage />;
  if (section === "new") return <NewSearchPage key={route.query.toString()} from={route.query} />;
  if (section === "programs") return <ProgramsPage />;
  if (section === "settings") return <SettingsPage />;
  return <Lost />;
}

function Lost() {
  const t = useText();
  return (
    <Empty title={t("lost.title")} text={t("lost.text")} isPage>
      <a href={href(["jobs"])}>{t("nav.jobs")}</a>
    </Empty>
  );
}

/** Applies language and theme to the document itself. */
export function useDocument(): void {
  const { language } = usePreferences();
  const isDark = useIsDark();
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
  }, [language, isDark]);
}

/** Language and theme. */
export function PreferenceButtons() {
  const t = useText();
  const { language } = usePreferences();
  const isDark = useIsDark();
  return (
    <>
      <button
        type="button"
        className="quiet"
        lang={language === "zh" ? "en" : "zh-CN"}
        onClick={() => {
          setPreferences({ language: language === "zh" ? "en" : "zh" });
        }}
      >
        {language === "zh" ? "English" : "中文"}
      </button>
      <button
        type="button"
        className="quiet"
        aria-label={isDark ? t("theme.to_light") : t("theme.to_dark")}
        title={isDark ? t("theme.to_light") : t("theme.to_dark")}
        onClick={() => {
          setPreferences({ theme: isDark ? "light" : "dark" });
        }}
      >
        {isDark ? "☀" : "☾"}
      </button>
    </>
  );
}

export function Brand({ to }: Readonly<{ to: string }>) {
  return (
    <a className="brand" href={to}>
      <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" fill="#0f766e" />
        <path
          d="M6 23c4 0 4-12 8-12s4 7 7 7 3-9 6-9"
          fill="none"
          stroke="#fff"
          strokeWidth="2.6"
          strokeLinecap="round"
        />
        <circle cx="14" cy="11" r="2.6" fill="#fbbf24" />
      </svg>
      scriptune
    </a>
  );
}

export function App() {
  const t = useText();
  const route = useRoute();
  const connection = useConnection();
  useDocument();
  const section = route.parts[0] ?? "jobs";
  return (
    <>
      <a
        className="skip"
        href="#content"
        onClick={(event) => {
          // The hash is the page's address, so the jump is made by hand.
          event.preventDefault();
          document.getElementById("content")?.focus();
        }}
      >
        {t("skip")}
      </a>
      <header className="topbar">
        <Brand to={href(["jobs"])} />
        <nav aria-label={t("nav.label")}>
          <ul>
            {LINKS.map(({ part, text }) => (
              <li key={part}>
                <a href={href([part])} aria-current={section === part ? "page" : undefined}>
                  {t(text)}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div className="end">
          <PreferenceButtons />
        </div>
      </header>
      {connection === "well" ? null : (
        <div className="banner" role="status">
          {t(connection === "away" ? "disconnected" : "unknown_browser")}
        </div>
      )}
      <main id="content" tabIndex={-1}>
        <Boundary place={route}>
          <Suspense fallback={<Loading />}>{pageOf(route)}</Suspense>
        </Boundary>
      </main>
    </>
  );
}
