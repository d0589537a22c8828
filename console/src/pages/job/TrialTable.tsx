/** A table of any length: only the rows on the screen exist. */
import { useRef, useState, type CSSProperties, type KeyboardEvent } from "react";

import type { Trial } from "../../api/types";
import { go, href } from "../../app/route";
import { useLanguage, useText } from "../../i18n";
import type { RowSource } from "./rows";
import type { Column, Sort } from "./trialColumns";

const ROW_PX = 34; // as in pages.css
const SPARE = 6; // rows above and below, so that slow scrolling shows no gap

export function TrialTable({
  jobId,
  columns,
  rows,
  sort,
  canSort,
  onSort,
}: Readonly<{
  jobId: string;
  columns: readonly Column[];
  rows: RowSource;
  sort: Sort;
  canSort: (id: string) => boolean;
  onSort: (id: string) => void;
}>) {
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(544);
  const [current, setCurrent] = useState(-1);
  const first = Math.max(0, Math.floor(top / ROW_PX) - SPARE);
  const last = Math.min(rows.total, Math.ceil((top + height) / ROW_PX) + SPARE);
  // Every row has the same width, whatever is in it: each is a grid of its own, and their columns must agree.
  const template: CSSProperties = {
    gridTemplateColumns: columns
      .map(({ width, grows }) => (grows ? `minmax(${String(width)}rem, 1fr)` : `${String(width)}rem`))
      .join(" "),
    minWidth: `${String(columns.reduce((sum, column) => sum + column.width, 0))}rem`,
  };

  const onScroll = () => {
    if (!box.current) return;
    setTop(box.current.scrollTop);
    setHeight(box.current.clientHeight);
    rows.look(Math.max(0, Math.floor(box.current.scrollTop / ROW_PX) - SPARE));
  };
  const move = (to: number) => {
    const next = Math.min(Math.max(0, to), rows.total - 1);
    setCurrent(next);
    const element = box.current;
    if (!element) return;
    const [above, below] = [next * ROW_PX, (next + 2) * ROW_PX];
    if (above < element.scrollTop) element.scrollTop = above;
    else if (below > element.scrollTop + element.clientHeight) element.scrollTop = below - element.clientHeight;
  };
  const open = (index: number) => {
    const trial = rows.row(index);
    if (trial) go(href(["jobs", jobId, "trials", trial.number]));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(height / ROW_PX) - 2);
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      move(current + step);
    } else if (event.key === "Enter" && event.target === box.current) {
      open(current);
    }
  };

  return (
    <div
      ref={box}
      className="trials"
      role="table"
      tabIndex={0}
      aria-label={t("trials.label")}
      aria-rowcount={rows.total + 1}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" className="head">
        <div role="row" style={template}>
          {columns.map((column) => (
            <Heading key={column.id} column={column} sort={sort} canSort={canSort(column.id)} onSort={onSort} />
          ))}
        </div>
      </div>
      <div role="rowgroup" className="rows" style={{ height: rows.total * ROW_PX }}>
        {Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i).map((index) => (
          <Row
            key={index}
            index={index}
            jobId={jobId}
            columns={columns}
            trial={rows.row(index)}
            isCurrent={index === current}
            template={template}
            onOpen={open}
          />
        ))}
      </div>
    </div>
  );
}

function Heading({
  column,
  sort,
  canSort,
  onSort,
}: Readonly<{
  column: Column;
  sort: Sort;
  canSort: boolean;
  onSort: (id: string) => void;
}>) {
  const isSorted = sort.column === column.id;
  const title = column.unit ? `${column.title} (${column.unit})` : column.title;
  return (
    <div
      role="columnheader"
      className={column.isNumber ? "num" : ""}
      aria-sort={isSorted ? (sort.isTurned ? "descending" : "ascending") : "none"}
      title={title}
    >
      {canSort ? (
        <button
          type="button"
          onClick={() => {
            onSort(column.id);
          }}
        >
          {title}
          <span aria-hidden="true">{isSorted ? (sort.isTurned ? " ↓" : " ↑") : ""}</span>
        </button>
      ) : (
        title
      )}
    </div>
  );
}

function Row({
  index,
  jobId,
  columns,
  trial,
  isCurrent,
  template,
  onOpen,
}: Readonly<{
  index: number;
  jobId: string;
  columns: readonly Column[];
  trial: Trial | undefined;
  isCurrent: boolean;
  template: CSSProperties;
  onOpen: (index: number) => void;
}>) {
  const language = useLanguage();
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={isCurrent ? "current" : ""}
      style={{ ...template, top: index * ROW_PX }}
      onClick={() => {
        onOpen(index);
      }}
    >
      {columns.map((column) => (
        <div key={column.id} role="cell" className={column.isNumber ? "num" : ""}>
          {trial === undefined ? (
            <span className="muted">…</span>
          ) : column.id === "number" ? (
            <a href={href(["jobs", jobId, "trials", trial.number])}>{trial.number}</a>
          ) : (
            column.cell(trial, language)
          )}
        </div>
      ))}
    </div>
  );
}
