/** The trial's output: the end of it first, more as one scrolls, following while it runs. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

import { useCache } from "../../api/hooks";
import { address } from "../../api/source";
import type { LogChunk, MetricEntry } from "../../api/types";
import { byLine, CapturedLine } from "../../components/Captured";
import { Panel } from "../../components/parts";
import { bytes, count } from "../../format/numbers";
import { moment } from "../../format/times";
import { useLanguage, useText } from "../../i18n";
import { LogSearch, type Found } from "./LogSearch";
import { before, endOf, isAtEnd, join, NO_WINDOW, PIECE_BYTES, startOf, textOf, type LogWindow } from "./logWindow";
import type { TerminalLine } from "./terminal";
import { useCaptured } from "./useCaptured";

const FOLLOW_MS = 1000;
const NEAR_PX = 200;
const MAX_FILLING = 3; // pieces; one more, and the end of the log would leave the window

/** The window and the ways to move it; one read at a time. */
function useLog(path: string) {
  const cache = useCache();
  const [window, setWindow] = useState<LogWindow>(NO_WINDOW);
  const isBusy = useRef(false);
  const read = useCallback(
    async (offset: number, limit: number, isNew = false) => {
      if (isBusy.current) return;
      isBusy.current = true;
      try {
        const piece = await cache.source.get<LogChunk>(
          address(`${path}/log`, { offset, limit: Math.max(1, limit), raw: true }),
        );
        setWindow((old) => join(isNew ? NO_WINDOW : old, piece));
      } catch (error) {
        cache.noteError(error);
        // A trial that has not been started has no log; the next round asks again.
      } finally {
        isBusy.current = false;
      }
    },
    [cache, path],
  );
  /** What lies before the window. A read ends after a line, so a second one may have to close the gap. */
  const readBefore = async (current: LogWindow) => {
    const wanted = before(current);
    if (!wanted || isBusy.current) return;
    isBusy.current = true;
    try {
      const get = (offset: number, limit: number) =>
        cache.source.get<LogChunk>(address(`${path}/log`, { offset, limit: Math.max(1, limit), raw: true }));
      let piece = await get(wanted.offset, wanted.limit);
      while (piece.next_offset < startOf(current) && piece.next_offset > piece.offset) {
        const more = await get(piece.next_offset, startOf(current) - piece.next_offset);
        if (more.next_offset === more.offset) break;
        piece = { ...more, offset: piece.offset, text: piece.text + more.text };
      }
      setWindow((old) => join(old, piece));
    } catch (error) {
      cache.noteError(error);
    } finally {
      isBusy.current = false;
    }
  };
  return { window, read, readBefore };
}

export function LogPanel({
  path,
  isRunning,
  metrics,
}: Readonly<{
  path: string;
  isRunning: boolean;
  metrics: Readonly<Record<string, MetricEntry>>;
}>) {
  const t = useText();
  const language = useLanguage();
  const { window, read, readBefore } = useLog(path);
  const [isFollowing, setFollowing] = useState(true);
  const [matches, setMatches] = useState<Found | null>(null);
  const [target, setTarget] = useState<string | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const anchor = useRef<Readonly<{ start: number; height: number }> | null>(null);
  const shown = useCaptured(textOf(window), metrics);
  const captures = byLine(shown.captures);
  const [isUnfolded, setUnfolded] = useState(false);
  // A progress bar prints itself hundreds of times; what a terminal would show of it is its last version.
  const isFolded = (line: TerminalLine, i: number) =>
    line.isOverwritten && !captures.has(i + 1) && !(target !== null && line.text.includes(target));
  const nFolded = shown.lines.filter(isFolded).length;
  const prunedAt = window.pieces.at(-1)?.pruned_at;
  const isLive = isRunning || (window.pieces.length > 0 && !window.hasEnded);

  useEffect(() => {
    void read(-PIECE_BYTES, PIECE_BYTES, true);
  }, [read]);

  useEffect(() => {
    if (!isFollowing || !isLive) return;
    const timer = setInterval(() => {
      void read(endOf(window), PIECE_BYTES);
    }, FOLLOW_MS);
    return () => {
      clearInterval(timer);
    };
  }, [isFollowing, isLive, window, read]);

  // The text on the screen stays where it is when something is put before it.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    if (target !== null) {
      element.querySelector(".hit")?.scrollIntoView({ block: "center" });
    } else if (isFollowing) {
      element.scrollTop = element.scrollHeight;
    } else if (anchor.current && anchor.current.start > startOf(window)) {
      element.scrollTop += element.scrollHeight - anchor.current.height;
    }
    anchor.current = { start: startOf(window), height: element.scrollHeight };
  }, [window, shown, isFollowing, target]);

  // Folded lines may leave too little to scroll, which is how one asks for more.
  useEffect(() => {
    const element = box.current;
    if (!element || startOf(window) === 0 || window.pieces.length > MAX_FILLING) return;
    if (window.pieces.length && element.scrollHeight <= element.clientHeight) void readBefore(window);
  });

  const onScroll = () => {
    const element = box.current;
    if (!element) return;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    if (below > NEAR_PX && isFollowing) setFollowing(false);
    if (element.scrollTop < NEAR_PX) {
      void readBefore(window);
    } else if (below < NEAR_PX && !isAtEnd(window)) {
      void read(endOf(window), PIECE_BYTES);
    }
  };

  return (
    <Panel
      title={t("log.title")}
      flush
      end={
        <>
          <span className="muted small">
            {window.pieces.length
              ? t("log.range", {
                  from: bytes(startOf(window)),
                  to: bytes(endOf(window)),
                  size: bytes(window.sizeBytes),
                })
              : ""}
          </span>
          <LogSearch
            path={path}
            onFound={(found) => {
              setMatches(found);
              if (!found) setTarget(null);
            }}
          />
          {nFolded ? (
            <button
              type="button"
              className="chip"
              aria-pressed={isUnfolded}
              onClick={() => {
                setUnfolded(!isUnfolded);
              }}
            >
              {t("log.folded", { n: count(nFolded, language) })}
            </button>
          ) : null}
          <button
            type="button"
            className="tiny"
            onClick={() => {
              setFollowing(false);
              setTarget(null);
              void read(0, PIECE_BYTES, true).then(() => box.current?.scrollTo({ top: 0 }));
            }}
          >
            {t("log.begin")}
          </button>
          <button
            type="button"
            className="chip"
            aria-pressed={isFollowing}
            onClick={() => {
              setTarget(null);
              if (!isFollowing) void read(-PIECE_BYTES, PIECE_BYTES, true);
              setFollowing(!isFollowing);
            }}
          >
            {isLive ? t("log.follow") : t("log.end")}
          </button>
          <a className="button tiny" href={`api/v1${path}/log/file`} download>
            {t("log.download")}
          </a>
        </>
      }
    >
      {matches ? (
        <Matches
          matches={matches}
          onPick={(offset, line) => {
            setFollowing(false);
            setTarget(line);
            void read(Math.max(0, offset - PIECE_BYTES / 4), PIECE_BYTES, true);
          }}
        />
      ) : null}
      <div
        ref={box}
        className="log"
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={t("log.title")}
        onScroll={onScroll}
      >
        {shown.lines.length ? (
          shown.lines.map((line, i) =>
            !isUnfolded && isFolded(line, i) ? null : (
              <div key={i} className={target !== null && line.text.includes(target) ? "line hit" : "line"}>
                <CapturedLine line={line.text} captures={captures.get(i + 1)} colours={line.colours} />
              </div>
            ),
          )
        ) : (
          <p className="loading">
            {prunedAt
              ? t("log.pruned", { time: moment(prunedAt, language) })
              : isLive
                ? t("log.waiting")
                : t("log.empty")}
          </p>
        )}
      </div>
    </Panel>
  );
}

function Matches({ matches, onPick }: Readonly<{ matches: Found; onPick: (offset: number, line: string) => void }>) {
  const t = useText();
  return (
    <div className="matches" role="region" aria-label={t("log.matches")}>
      <p className="muted small" style={{ padding: "0.3rem 1rem" }} role="status">
        {matches.isSearching
          ? t("log.searching", { n: matches.items.length, size: bytes(matches.searchedBytes) })
          : t(matches.searchedBytes === null ? "log.n_matches" : "log.first_matches", { n: matches.items.length })}
      </p>
      {matches.items.map((match) => (
        <button
          key={match.offset}
          type="button"
          onClick={() => {
            onPick(match.offset, match.line.replace(/^…|…$/g, "").trim());
          }}
        >
          <span className="muted">{match.line_no}</span>
          {match.line}
        </button>
      ))}
    </div>
  );
}
