/** A new search, described from top to bottom; the engine checks it while it is typed. */
import { useEffect, useMemo, useReducer, useState } from "react";

import { useAction, useAnswer } from "../../api/hooks";
import type { Defaults, JobDetail, Program, SearchJob } from "../../api/types";
import { documentOf as jobDocument } from "../../api/types";
import { go, href } from "../../app/route";
import { Dialog } from "../../components/Dialog";
import { Answered } from "../../components/parts";
import { useSaid, useText } from "../../i18n";
import { BudgetStep } from "./BudgetStep";
import { documentOf, draftFrom, emptyDraft, type Begun, type Draft } from "./draft";
import { keepDraft, keptDraft } from "./kept";
import { MetricStep } from "./MetricStep";
import { ParametersStep } from "./ParametersStep";
import { ProgramStep } from "./ProgramStep";
import { maskedPlaces, namedTwice } from "./problems";
import { programDocument } from "./programs";
import { Side } from "./Side";
import { useCheck } from "./useCheck";

const GOAL_PLACE = "objective.goal";

export type Change = (change: Partial<Draft> | ((draft: Draft) => Partial<Draft>)) => void;

function changed(draft: Draft, change: Partial<Draft> | ((draft: Draft) => Partial<Draft>)): Draft {
  return { ...draft, ...(typeof change === "function" ? change(draft) : change) };
}

/** Begins empty, or with a job or a stored program that the address names. */
export function NewSearchPage({ from }: Readonly<{ from: URLSearchParams }>) {
  const defaults = useAnswer<Defaults>("/defaults");
  return <Answered entry={defaults}>{(known) => <Begin from={from} defaults={known} />}</Answered>;
}

function Begin({ from, defaults }: Readonly<{ from: URLSearchParams; defaults: Defaults }>) {
  const [jobId, programId, address] = [from.get("job"), from.get("program"), from.toString()];
  const job = useAnswer<JobDetail>(jobId ? `/jobs/${jobId}` : null);
  const program = useAnswer<Program>(programId ? `/programs/${programId}` : null);
  if (jobId) {
    return (
      <Answered entry={job}>
        {(detail) => <Draftable address={address} first={draftFrom(jobDocument(detail.summary.job), defaults)} />}
      </Answered>
    );
  }
  if (programId) {
    return (
      <Answered entry={program}>
        {(stored) => (
          <Draftable address={address} first={draftFrom(programDocument(stored) as unknown as Begun, defaults)} />
        )}
      </Answered>
    );
  }
  return <Draftable address={address} first={emptyDraft(defaults)} />;
}

/** Continues with what was described here before, until one starts over. */
function Draftable({ address, first }: Readonly<{ address: string; first: Draft }>) {
  const [round, setRound] = useState(0);
  const startOver = () => {
    keepDraft(address, null);
    setRound(round + 1);
  };
  return <Form key={round} address={address} first={first} onStartOver={startOver} />;
}

function Form({ address, first, onStartOver }: Readonly<{ address: string; first: Draft; onStartOver: () => void }>) {
  const t = useText();
  const [begin] = useState(first);
  const [draft, change] = useReducer(changed, begin, () => keptDraft(address, begin) ?? begin);
  const [wall, setWall] = useState<number | null>(null);
  const [isTried, setTried] = useState(begin.command !== "");
  useEffect(() => {
    if (draft !== begin) keepDraft(address, draft);
  }, [address, draft, begin]);
  const document = useMemo(() => documentOf(draft), [draft]);
  const answered = useCheck(document);
  const said = useSaid();
  const checked = useMemo(() => {
    const twice = namedTwice(draft).map(({ place, name }) => ({ place, text: t("new.twice", { name }) }));
    const isOpen = draft.objective.goal === "";
    const open = isOpen ? [{ place: GOAL_PLACE, text: t("new.goal_missing") }] : [];
    const masked = maskedPlaces(document).map((place) => ({ place, text: t("new.masked") }));
    const ours = [...twice, ...open, ...masked];
    const saidHere = new Set([...open, ...masked].map((one) => one.place));
    const others = answered.problems.filter((one) => !saidHere.has(one.place));
    const problems = [...ours, ...others.map((one) => ({ ...one, text: said(one.text) }))];
    return { ...answered, problems, report: ours.length ? null : answered.report };
  }, [answered, document, draft, said, t]);
  const start = useAction(async (source) => {
    setTried(true);
    const job = await source.send<SearchJob>("POST", "/jobs", document);
    keepDraft(address, null);
    go(href(["jobs", job.id]));
  });
  // An empty form is not an error yet; a field is judged once its step has been begun.
  const begun: readonly boolean[] = [
    isTried || draft.command !== "",
    isTried || draft.parameters.some((one) => one.isSearched),
    isTried || draft.metrics.some((one) => one.regex !== "" || one.file !== undefined),
    true,
  ];
  const shared = { draft, change, problems: checked.problems };
  return (
    <>
      <div className="page-head">
        <h1>{t("new.title")}</h1>
        {draft === begin ? null : <StartOver onStartOver={onStartOver} />}
      </div>
      <div className="new-search">
        <div className="steps">
          <ProgramStep {...shared} isBegun={begun[0] ?? false} />
          <ParametersStep {...shared} isBegun={begun[1] ?? false} />
          <MetricStep {...shared} isBegun={begun[2] ?? false} onMeasured={setWall} />
          <BudgetStep {...shared} isBegun />
        </div>
        <Side
          draft={draft}
          document={document}
          checked={checked}
          begun={begun}
          wallSeconds={wall}
          startError={start.error}
          isStarting={start.isBusy}
          onStart={start.run}
        />
      </div>
    </>
  );
}

function StartOver({ onStartOver }: Readonly<{ onStartOver: () => void }>) {
  const t = useText();
  const [isAsking, setAsking] = useState(false);
  return (
    <div className="end">
      <button
        type="button"
        onClick={() => {
          setAsking(true);
        }}
      >
        {t("new.start_over")}
      </button>
      {isAsking ? (
        <Dialog
          title={t("new.start_over_title")}
          action={t("new.start_over")}
          isDanger
          onDo={onStartOver}
          onClose={() => {
            setAsking(false);
          }}
        >
          <p>{t("new.start_over_text")}</p>
        </Dialog>
      ) : null}
    </div>
  );
}
