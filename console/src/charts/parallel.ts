/** Parallel coordinates: one axis per parameter, one line per trial, coloured by its value. */
import type { Domain, Goal, Trial } from "../api/types";
import { number } from "../format/numbers";
import { categoriesOf, colourRange, position, withValue } from "./axes";
import type { EChartsCoreOption } from "./echarts";
import type { Palette } from "./palette";

export type Searched = readonly (readonly [string, Domain])[];

export function parallelOption(trials: readonly Trial[], searched: Searched, metric: string, goal: Goal) {
  const shown = withValue(trials);
  const [low, high] = colourRange(
    shown.map((trial) => trial.value),
    goal,
  );
  // Good lines are drawn last, on top.
  const ordered = [...shown].sort((a, b) => (goal === "maximize" ? a.value - b.value : b.value - a.value));
  return (palette: Palette): EChartsCoreOption => ({
    parallel: { left: 40, right: 56, top: 44, bottom: 22 },
    tooltip: { show: false },
    visualMap: {
      show: false,
      dimension: searched.length,
      min: low,
      max: high,
      inRange: { color: goal === "maximize" ? [...palette.ramp] : [...palette.ramp].reverse() },
    },
    parallelAxis: [...searched, [metric, { type: "float" } as Domain] as const].map(([name, domain], dim) => {
      const categories = categoriesOf(domain);
      const kind = categories ? "category" : domain.log ? "log" : "value";
      return {
        dim,
        name,
        type: kind,
        nameLocation: "end",
        nameTextStyle: { color: palette.text, fontWeight: 600, width: 120, overflow: "truncate" },
        axisLine: { lineStyle: { color: palette.muted } },
        axisLabel: {
          color: palette.text,
          // Lines run below the labels.
          backgroundColor: palette.panel,
          padding: [1, 3],
          borderRadius: 3,
          // Only numbers are shortened; a category is its text.
          ...(categories ? {} : { formatter: (value: number) => number(value, 4) }),
        },
        areaSelectStyle: { color: palette.accent, borderColor: palette.accent, opacity: 0.25, width: 18 },
        ...(categories
          ? { data: [...categories] }
          : dim < searched.length
            ? { ...(domain.type === "int" ? { minInterval: 1 } : {}), min: domain.min, max: domain.max }
            : { scale: true }),
      };
    }),
    series: [
      {
        type: "parallel",
        smooth: false,
        inactiveOpacity: 0.04,
        activeOpacity: 0.9,
        progressive: 500,
        lineStyle: { width: shown.length > 400 ? 1 : 1.6, opacity: 0.65 },
        data: ordered.map((trial) => ({
          name: String(trial.number),
          // An inactive parameter has no place on its axis; the line has a gap there.
          value: [...searched.map(([name, domain]) => position(domain, trial.params[name]) ?? "-"), trial.value],
        })),
      },
    ],
  });
}
