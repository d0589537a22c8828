/** A chart in its box: drawn while it can be seen, sized with the page, described for screen readers. */
import { useEffect, useRef } from "react";

import { useIsDark } from "../app/preferences";
import { init, type EChartsCoreOption, type EChartsType } from "./echarts";
import { paletteOf, type Palette } from "./palette";

export type ChartEvents = Readonly<Record<string, (event: never, chart: unknown) => void>>;

type Props = Readonly<{
  /** What the chart shows, in a sentence. */
  label: string;
  height: number;
  option: (palette: Palette) => EChartsCoreOption;
  events?: ChartEvents;
  /** Whether what the mouse chose (a brush, a zoom) stays when the data change; its axes are then always the same. */
  isKept?: boolean;
}>;

const HIDDEN_REST_MS = 2000;
const REST = 15; // a chart that takes long to draw is drawn so rarely that it takes a fifteenth of the time
const SHORT_MS = 8; // longer draws delay frames: while one only looks on, they are rarer by how much longer they are
const MAX_REST_MS = 10_000;
const FEW = 5; // draws: what a page needs until all of its answers are there, or after a click

/** When the user last did something here. */
let touchedMs = -Infinity;
for (const name of ["pointerdown", "keydown", "change"]) {
  addEventListener(name, () => (touchedMs = performance.now()), { capture: true, passive: true });
}

/** What is the same in all charts. */
function common(palette: Palette): EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: "transparent",
    color: [...palette.series],
    textStyle: { color: palette.text, fontFamily: "system-ui, sans-serif" },
    // As HTML the tooltip would bring style attributes, which the page's security policy forbids.
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: palette.panel,
      textStyle: { color: palette.text },
    },
  };
}

/** Charts that want to draw now; each gets a frame of its own, so that together they make no long task. */
const queue = new Set<Drawer>();

function drainQueue(): void {
  const [first] = queue;
  if (!first) return;
  queue.delete(first);
  first.run();
  if (queue.size) afterNextFrame(drainQueue);
}

/** Right after a frame is shown there is most time until the next one is due; within one, drawing would delay it. */
function afterNextFrame(act: () => void): void {
  requestAnimationFrame(() => setTimeout(act));
}

/** Draws what it was given last, not too often, and rarely while the box is off the screen. */
class Drawer {
  private next: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private dueMs = Infinity;
  private drawnMs = -Infinity;
  private tookMs = 0;
  private nUntouched = 0; // draws since then
  private isVisible = true; // until the browser says otherwise

  draw(next: () => void): void {
    this.next = next;
    this.schedule();
  }

  show(isVisible: boolean): void {
    if (this.isVisible === isVisible) return;
    this.isVisible = isVisible;
    this.schedule();
  }

  stop(): void {
    clearTimeout(this.timer);
    queue.delete(this);
    this.next = null;
  }

  run(): void {
    const before = this.drawnMs;
    const begin = performance.now();
    this.next?.();
    this.next = null;
    this.drawnMs = performance.now();
    this.tookMs = this.drawnMs - begin;
    this.nUntouched = touchedMs > before ? 1 : this.nUntouched + 1;
  }

  private restMs(): number {
    const restMs = REST * this.tookMs;
    if (!this.isVisible) return Math.max(restMs, HIDDEN_REST_MS);
    if (this.nUntouched <= FEW || touchedMs > this.drawnMs) return restMs;
    return Math.min(MAX_REST_MS, restMs * Math.max(1, this.tookMs / SHORT_MS));
  }

  private schedule(): void {
    if (!this.next || queue.has(this)) return;
    const dueMs = this.drawnMs + this.restMs();
    if (this.timer !== undefined && this.dueMs <= dueMs) return;
    clearTimeout(this.timer);
    this.dueMs = dueMs;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        if (!queue.size) afterNextFrame(drainQueue);
        queue.add(this);
      },
      Math.max(0, dueMs - performance.now()),
    );
  }
}

export default function Chart({ label, height, option, events, isKept = false }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const drawer = useRef<Drawer | null>(null);
  const isDark = useIsDark();
  const current = useRef(events);

  useEffect(() => {
    if (!box.current) return;
    const made = init(box.current);
    const drawing = new Drawer();
    chart.current = made;
    drawer.current = drawing;
    const names = Object.keys(current.current ?? {});
    for (const name of names) {
      made.on(name, (event: unknown) => current.current?.[name]?.(event as never, made));
    }
    const sizes = new ResizeObserver(() => {
      made.resize();
    });
    const visits = new IntersectionObserver((entries) => {
      drawing.show(entries.at(-1)?.isIntersecting ?? true);
    });
    sizes.observe(box.current);
    visits.observe(box.current);
    return () => {
      sizes.disconnect();
      visits.disconnect();
      drawing.stop();
      made.dispose();
      chart.current = null;
      drawer.current = null;
    };
  }, []);

  useEffect(() => {
    current.current = events;
  });

  useEffect(() => {
    drawer.current?.draw(() => {
      const palette = paletteOf(isDark);
      const { tooltip, ...rest } = option(palette);
      const base = common(palette);
      chart.current?.setOption(
        { ...base, ...rest, tooltip: { ...(base["tooltip"] as object), ...(tooltip as object | undefined) } },
        isKept ? { replaceMerge: ["series"] } : { notMerge: true },
      );
    });
  }, [option, isDark, isKept]);

  return <div ref={box} className="chart" role="img" aria-label={label} style={{ height }} />;
}
