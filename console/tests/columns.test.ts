import { describe, expect, it } from "vitest";

import { columnsOfTrials, mergeColumns } from "../src/api/columns";
import { fits, parseCondition } from "../src/api/trialKeys";
import type { Columns, Trial } from "../src/api/types";
import { csvOf } from "../src/pages/job/csv";
import { parseFilter } from "../src/pages/job/trialFilter";

const KNOWN: Columns = {
  version: "1",
  is_whole: true,
  number: [0, 1],
  state: ["completed", "running"],
  value: [0.5, null],
  n_reports: [3, 1],
  started_at: [0, 5],
  finished_at: [9, null],
  params: { x: [1, 2], y: [null, "a"] },
  metrics: { loss: [0.5, 0.9] },
};

const CHANGE: Columns = {
  version: "2",
  is_whole: false,
  number: [1, 2],
  state: ["running", "waiting"],
  value: [null, null],
  n_reports: [2, 0],
  started_at: [5, null],
  finished_at: [null, null],
  params: { x: [2, 3], y: ["a", null] },
  metrics: { loss: [0.8, null] },
};

describe("columns of trials", () => {
  it("take changed and new trials in", () => {
    const merged = mergeColumns(KNOWN, CHANGE);
    expect(merged).toEqual({
      version: "2",
      is_whole: true,
      number: [0, 1, 2],
      state: ["completed", "running", "waiting"],
      value: [0.5, null, null],
      n_reports: [3, 2, 0],
      started_at: [0, 5, null],
      finished_at: [9, null, null],
      params: { x: [1, 2, 3], y: [null, "a", null] },
      metrics: { loss: [0.5, 0.8, null] },
    });
    expect(KNOWN.number).toEqual([0, 1]);
  });

  it("stay the same objects where nothing changed, so that no chart is drawn for a report", () => {
    const report = (column: readonly unknown[]) => column.slice(1, 2);
    const change = {
      ...KNOWN,
      is_whole: false,
      version: "2",
      ...Object.fromEntries(
        (["number", "state", "value", "started_at", "finished_at"] as const).map((name) => [name, report(KNOWN[name])]),
      ),
      n_reports: [2],
      params: { x: [2], y: ["a"] },
      metrics: { loss: [0.7] },
    } as Columns;
    const merged = mergeColumns(KNOWN, change);
    expect(merged.value).toBe(KNOWN.value);
    expect(merged.params).toBe(KNOWN.params);
    expect(merged.metrics["loss"]).toEqual([0.5, 0.7]);
  });

  it("are what they were when nothing happened, and replaced when all is new", () => {
    const nothing = { ...CHANGE, version: "1", number: [] };
    expect(mergeColumns(KNOWN, nothing)).toBe(KNOWN);
    const whole = { ...CHANGE, is_whole: true };
    expect(mergeColumns(KNOWN, whole)).toBe(whole);
  });

  it("are made of the trials of a report", () => {
    const trial = { number: 1, params: { x: true }, metrics: {}, state: "completed", value: 1, n_reports: 0 };
    const times = { started_at: "2030-01-01T00:00:01Z", finished_at: null };
    const made = columnsOfTrials([{ ...trial, ...times } as unknown as Trial], ["x", "y"], ["loss"]);
    expect(made.params).toEqual({ x: [true], y: [null] });
    expect(made.metrics).toEqual({ loss: [null] });
    expect(made.started_at).toEqual([Date.UTC(2030, 0, 1, 0, 0, 1)]);
  });
});

describe("a condition", () => {
  it("has a key, an operator and a text", () => {
    expect(parseCondition("params.lr<=0.1")).toEqual({ key: "params.lr", operator: "<=", text: "0.1" });
    expect(parseCondition("nothing")).toBeNull();
  });

  it("compares numbers by size and texts by equality, and nothing fits what is missing", () => {
    const of = (operator: string, text: string) => ({ key: "", operator, text });
    expect([1, 2, "2", "a", null].map((value) => fits(value, of("=", "2")))).toEqual([false, true, true, false, false]);
    expect([1, 2, "2", null].map((value) => fits(value, of("!=", "2")))).toEqual([true, false, false, false]);
    expect([1, 2, "1", null].map((value) => fits(value, of("<", "2")))).toEqual([true, false, false, false]);
    expect(fits(2, of(">=", "2"))).toBe(true);
    expect(fits(2, of(">", ""))).toBe(false);
  });
});

describe("the filter of the table", () => {
  const columns = [
    { id: "params.lr", title: "lr" },
    { id: "params.optimizer", title: "optimizer" },
    { id: "value", title: "val_acc" },
    { id: "metrics.top 5", title: "top 5" },
  ];
  const where = (text: string) => parseFilter(text, columns).where;

  it("becomes conditions by the names of the columns", () => {
    expect(where("lr<0.01 optimizer = adam, VAL_ACC>=0.9")).toEqual([
      "params.lr<0.01",
      "params.optimizer=adam",
      "value>=0.9",
    ]);
    expect(where('"top 5" > 0.5 and optimizer!="my own"')).toEqual(["metrics.top 5>0.5", "params.optimizer!=my own"]);
    expect(where("")).toEqual([]);
  });

  it("says what it does not understand and then chooses nothing", () => {
    expect(parseFilter("lrr<1", columns)).toMatchObject({ unknown: "lrr", where: [] });
    expect(parseFilter("lr<", columns)).toMatchObject({ isOdd: true, where: [] });
    expect(parseFilter("lr<fast", columns)).toMatchObject({ isOdd: true, where: [] });
    expect(parseFilter("lr<1 and so on", columns)).toMatchObject({ isOdd: true, where: [] });
    expect(parseFilter("  ", columns)).toMatchObject({ isOdd: false, unknown: null });
  });
});

describe("the CSV file of a table", () => {
  it("holds every digit, and quotes what would end a field", () => {
    const columns: Columns = { ...KNOWN, value: [1 / 3, null], params: { lr: [0.1 + 0.2, 1e-7], tag: ['a,"b"', "c"] } };
    const [head, first, second, end] = csvOf(columns, [1, 0]).split("\n");
    expect(head).toBe("number,state,metrics.loss,value,params.lr,params.tag,seconds,started_at,finished_at");
    expect(first).toBe("1,running,0.9,,1e-7,c,,1970-01-01T00:00:00.005Z,");
    expect(second).toMatch(/^0,completed,0\.5,0\.3333333333333333,0\.30000000000000004,"a,""b""",0\.009,/);
    expect(end).toBe("");
  });
});
