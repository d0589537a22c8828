/** A chart in its box: made when it is first seen, sized with the page, described for screen readers. */
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
}>;

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

export default function Chart({ label, height, option, events }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const isDark = useIsDark();
  const current = useRef(events);

  useEffect(() => {
    if (!box.current) return;
    const made = init(box.current);
    chart.current = made;
    const names = Object.keys(current.current ?? {});
    for (const name of names) {
      made.on(name, (event: unknown) => current.current?.[name]?.(event as never, made));
    }
    const observer = new ResizeObserver(() => {
      made.resize();
    });
    observer.observe(box.current);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    current.current = events;
  });

  useEffect(() => {
    const palette = paletteOf(isDark);
    const { tooltip, ...rest } = option(palette);
    const base = common(palette);
    chart.current?.setOption(
      { ...base, ...rest, tooltip: { ...(base["tooltip"] as object), ...(tooltip as object | undefined) } },
      { notMerge: true, lazyUpdate: true },
    );
  }, [option, isDark]);

  return <div ref={box} className="chart" role="img" aria-label={label} style={{ height }} />;
}
