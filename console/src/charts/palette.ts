/** Colours of the charts, told apart by people with colour-blindness too (after Okabe and Ito), in both themes. */
import type { TrialState } from "../api/types";

export type Palette = Readonly<{
  text: string;
  muted: string;
  line: string;
  panel: string;
  accent: string;
  point: string;
  states: Readonly<Record<TrialState, string>>;
  series: readonly string[];
  /** From poor to good. */
  ramp: readonly string[];
}>;

const LIGHT: Palette = {
  text: "#17202b",
  muted: "#566372",
  line: "#d9dfe6",
  panel: "#ffffff",
  accent: "#0b6e66",
  point: "#7c8b9a",
  states: {
    waiting: "#a3afbb",
    running: "#1d5fad",
    completed: "#0b8a7f",
    early_stopped: "#d48a00",
    failed: "#b3261e",
    stopped: "#7c8b9a",
  },
  series: ["#0b6e66", "#d55e00", "#0072b2", "#cc79a7", "#8a6d00", "#56b4e9", "#6a3d9a", "#555f6b"],
  ramp: ["#dfe3e8", "#b5d3d8", "#6db5b5", "#23918a", "#06544e"],
};

const DARK: Palette = {
  text: "#e8edf2",
  muted: "#a0aebc",
  line: "#2d3743",
  panel: "#181f27",
  accent: "#4fd1c1",
  point: "#a3b4c6",
  states: {
    waiting: "#6b7987",
    running: "#6aa9f7",
    completed: "#3dbfae",
    early_stopped: "#f0b24a",
    failed: "#ff8a80",
    stopped: "#8796a5",
  },
  series: ["#4fd1c1", "#ff9d5c", "#6cb8ff", "#e7a3cb", "#f0d264", "#9fdcff", "#c0a0f0", "#b8c2cc"],
  ramp: ["#2b343f", "#2c5560", "#2f7f83", "#3dada3", "#8df0e0"],
};

export function paletteOf(isDark: boolean): Palette {
  return isDark ? DARK : LIGHT;
}
