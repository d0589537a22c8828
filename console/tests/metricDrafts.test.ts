import { describe, expect, it } from "vitest";

import { documentOf, draftFrom, EMPTY_METRIC, type Draft } from "../src/pages/new/draft";
import { clicked, removed, searchedOn, typedMetric } from "../src/pages/new/metricDrafts";
import { DEFAULTS, EMPTY_DRAFT } from "./defaults";

const LINE = "epoch 1 train_loss=0.91 val_acc=0.61 zork=3";

const after = (draft: Draft, ...changes: ((draft: Draft) => Partial<Draft>)[]) =>
  changes.reduce<Draft>((now, change) => ({ ...now, ...change(now) }), draft);
const click =
  (number: string, at = 0) =>
  (draft: Draft) =>
    clicked(draft, at, `regex of ${number}`, LINE, LINE.indexOf(number));
const type =
  (name: string, at = 0) =>
  (draft: Draft) =>
    typedMetric(draft, at, { name });
const choose = (goal: "maximize" | "minimize") => (draft: Draft) => ({
  objective: { ...draft.objective, goal, isGoalGuessed: false },
});
const shown = ({ metrics, objective }: Draft) => ({
  metrics: metrics.map((one) => [one.name, one.regex]),
  objective: [objective.metric, objective.goal],
});

describe("a click on a number", () => {
  it("kept the name and the goal of the number that was clicked before", () => {
    expect(shown(after(EMPTY_DRAFT, click("0.91"), click("0.61")))).toEqual({
      metrics: [["val_acc", "regex of 0.61"]],
      objective: ["val_acc", "maximize"],
    });
    expect(shown(after(EMPTY_DRAFT, click("0.61"), click("0.91"))).objective).toEqual(["train_loss", "minimize"]);
  });

  it("leaves the goal open where the name says nothing, also after a name that says something", () => {
    expect(shown(after(EMPTY_DRAFT, click("3"))).objective).toEqual(["zork", ""]);
    const draft = after(EMPTY_DRAFT, click("0.91"), click("3"));
    expect(shown(draft).objective).toEqual(["zork", ""]);
    expect(documentOf(draft)["objective"]).toEqual({ metric: "zork" });
  });

  it("keeps what a person typed or chose", () => {
    expect(shown(after(EMPTY_DRAFT, click("0.91"), type("mine"), click("0.61")))).toEqual({
      metrics: [["mine", "regex of 0.61"]],
      objective: ["mine", ""],
    });
    expect(shown(after(EMPTY_DRAFT, type("my_acc"), click("0.91"))).objective).toEqual(["my_acc", "maximize"]);
    expect(shown(after(EMPTY_DRAFT, click("0.91"), choose("maximize"), click("3"))).objective).toEqual([
      "zork",
      "maximize",
    ]);
  });

  it("guesses a name again where a person has removed theirs", () => {
    expect(shown(after(EMPTY_DRAFT, type("mine"), type(""), click("0.61"))).objective).toEqual(["val_acc", "maximize"]);
  });

  it("keeps the goal of the search when it is for another metric", () => {
    const two = after(EMPTY_DRAFT, click("0.61"), (draft) => ({ metrics: [...draft.metrics, EMPTY_METRIC] }));
    expect(shown(after(two, click("0.91", 1)))).toEqual({
      metrics: [
        ["val_acc", "regex of 0.61"],
        ["train_loss", "regex of 0.91"],
      ],
      objective: ["val_acc", "maximize"],
    });
  });

  it("keeps what was read from a job file", () => {
    const draft = draftFrom(
      {
        command: "train",
        parameters: {},
        metrics: { x: { regex: "x=(\\S+)" } },
        objective: { metric: "x", goal: "minimize" },
        search: { sampler: "auto", trials: 3 },
        run: {},
      },
      DEFAULTS,
    );
    expect(shown(after(draft, click("0.61"))).objective).toEqual(["x", "minimize"]);
  });
});

describe("the metric to search on", () => {
  const two = after(
    EMPTY_DRAFT,
    click("0.61"),
    (draft) => ({ metrics: [...draft.metrics, EMPTY_METRIC] }),
    click("0.91", 1),
  );

  it("brings its own goal, as the one chosen before was for another", () => {
    const chosen = after(two, choose("minimize"));
    expect(searchedOn(chosen.objective, "train_loss")).toMatchObject({ metric: "train_loss", goal: "minimize" });
    expect(searchedOn(chosen.objective, "val_acc")).toMatchObject({ metric: "val_acc", goal: "maximize" });
    expect(searchedOn(chosen.objective, "zork").goal).toBe("");
  });

  it("is one that is left when its own was removed", () => {
    expect(shown(after(two, (draft) => removed(draft, 0)))).toEqual({
      metrics: [["train_loss", "regex of 0.91"]],
      objective: ["train_loss", "minimize"],
    });
    expect(shown(after(two, (draft) => removed(draft, 1))).objective).toEqual(["val_acc", "maximize"]);
  });

  it("asks which way is good in a program that does not say so", () => {
    const program = { command: "t", parameters: {}, metrics: { m: { regex: "(1)" } }, objective: { metric: "m" } };
    expect(draftFrom({ ...program, search: { sampler: "auto", trials: 3 }, run: {} }, DEFAULTS).objective.goal).toBe(
      "",
    );
  });
});
