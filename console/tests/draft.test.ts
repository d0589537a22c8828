import { describe, expect, it } from "vitest";

import type { Domain, ProgramOption, JobDocument } from "../src/api/types";
import {
  documentOf,
  domainOf,
  draftFrom,
  EMPTY_PARAMETER,
  environmentOf,
  listOf,
  parameterFound,
  parameterFrom,
  shellText,
  suggestsLog,
  typed,
  type ParameterDraft,
} from "../src/pages/new/draft";
import { nameOf } from "../src/pages/new/programs";
import { drawnParameters, trialRun } from "../src/pages/new/trialRun";
import { DEFAULTS, EMPTY_DRAFT } from "./defaults";

/** What the server found, with nothing but a name unless it is said. */
const FOUND: ProgramOption = {
  ...{ name: "x", flag: "--x", type: "text", default: null, choices: [], help: "", given: null },
  ...{ low: null, high: null, style: "", suggestion: null, usual: null, found_in: "source" },
};

const DIGITS = {
  name: "digits",
  command: ["python", "train.py", "--tag", "a b"],
  workdir: "/srv/code",
  parameters: {
    optimizer: { type: "categorical", values: ["sgd", "adam"], default: "sgd" },
    lr: { type: "float", min: 0.0001, max: 1, log: true, default: 0.01 },
    momentum: { type: "float", min: 0, max: 0.95, when: { optimizer: "sgd" } },
    batch_size: { type: "int", min: 16, max: 256, log: true, flag: "--batch-size" },
    nesterov: { type: "bool" },
    epochs: { type: "int", value: 15 },
  },
  metrics: { accuracy: { regex: "val_acc=(\\S+)" }, loss: { regex: "val_loss=(\\S+)" } },
  objective: { metric: "accuracy", goal: "maximize", target: 0.99 },
  search: { sampler: "bayes", trials: 20, options: { kappa: 2 } },
  run: { parallel: 2, trial_timeout: "2m", env: { OMP_NUM_THREADS: "1" } },
} as const satisfies JobDocument;

describe("a draft from a job file", () => {
  it("means the same job file again", () => {
    expect(documentOf(draftFrom(DIGITS, DEFAULTS))).toEqual({ ...DIGITS, command: "python train.py --tag 'a b'" });
  });

  it("has null, ordered values, reverse scales, constraints and patience", () => {
    const job = {
      ...DIGITS,
      command: "python train.py",
      parameters: {
        scheduler: { type: "categorical", values: ["cosine", "null", null] },
        layers: { type: "categorical", values: [1, 2, 4], ordered: true },
        beta: { type: "float", min: 0.9, max: 0.999, log: "reverse" },
      },
      constraints: ["layers <= 2 or beta < 0.99", "layers != 1"],
      search: { ...DIGITS.search, patience: 5, min_gain: 0.01 },
    } as const satisfies JobDocument;
    const draft = draftFrom(job, DEFAULTS);
    expect(draft.parameters.map((one) => one.values)).toEqual(['cosine, "null", null', "1, 2, 4", ""]);
    expect(draft.constraints).toBe("layers <= 2 or beta < 0.99\nlayers != 1");
    expect(documentOf(draft)).toEqual(job);
    expect(documentOf({ ...draft, constraints: " \n" })["constraints"]).toBeUndefined();
  });

  it("has a stopping rule, its other keys, and a budget in trainings", () => {
    const stopping = { rule: "model", max_step: 52, keep: 0.4 };
    const { trials: _, ...search } = { ...DIGITS.search, budget: 12.5 };
    const job = { ...DIGITS, command: "python train.py", search, stopping };
    const draft = draftFrom({ ...job, search: { ...search, trials: 13 } } as JobDocument, DEFAULTS);
    expect(draft.stopping).toEqual({ rule: "model", maxStep: "52", rest: { keep: 0.4 } });
    expect(documentOf(draft)).toEqual(job);
    const none = { rule: "none", maxStep: "", rest: {} };
    expect(documentOf({ ...draft, stopping: none })["stopping"]).toBeUndefined();
    expect(draftFrom({ ...DIGITS, stopping: { rule: "none" } } as JobDocument, DEFAULTS).stopping).toBeUndefined();
  });

  it("keeps that a search never ends for failures", () => {
    const draft = draftFrom(
      { ...DIGITS, command: "python train.py", run: { parallel: 2, max_failed: null } },
      DEFAULTS,
    );
    expect(draft.run.max_failed).toBe("never");
    expect(documentOf(draft)["run"]).toEqual({ parallel: 2, max_failed: null });
    expect(documentOf({ ...draft, run: { ...draft.run, max_failed: "5" } })["run"]).toEqual({ parallel: 2 });
  });

  it("keeps what a search takes from others, and names an earlier search only if it was chosen", () => {
    const search = { ...DIGITS.search, after: "mnist", from: "digits-1", usual_values: false };
    const draft = draftFrom({ ...DIGITS, search }, DEFAULTS);
    expect(documentOf(draft)["search"]).toMatchObject({ after: "mnist", from: "digits-1", usual_values: false });
    const automatic = draftFrom(
      { ...DIGITS, search: { ...search, after: "auto", from: "", usual_values: true } },
      DEFAULTS,
    );
    for (const key of ["after", "from", "usual_values"])
      expect(documentOf(automatic)["search"]).not.toHaveProperty(key);
  });

  it("keeps the keys of a section that the form has no field for", () => {
    const document = {
      ...DIGITS,
      command: "python train.py",
      metrics: { accuracy: { regex: "val_acc=(\\S+)", unit: "%" } },
      objective: { ...DIGITS.objective, reduce: "mean_last_k", last_k: 7 },
      run: { ...DIGITS.run, on_timeout: "keep", grace: 3, gpu_ids: ["0", "1"], pass_as: "env" },
    };
    const draft = draftFrom(document as unknown as JobDocument, DEFAULTS);
    expect(documentOf(draft)).toEqual(document);
    const other = documentOf({ ...draft, objective: { ...draft.objective, reduce: "last" } });
    expect(other["objective"]).not.toHaveProperty("last_k");
  });

  it("has fields for metrics of files", () => {
    const metrics = {
      loss: { csv: "metrics.csv", column: "val_loss", step: "epoch" },
      f1: { json: "results.json", path: "eval.f1" },
      bleu: { tensorboard: "runs", tag: "val/bleu", unit: "%" },
    };
    const document = {
      ...DIGITS,
      command: "python train.py",
      metrics,
      objective: { ...DIGITS.objective, metric: "loss" },
    };
    const draft = draftFrom(document as unknown as JobDocument, DEFAULTS);
    expect(draft.metrics[0]?.file).toEqual({ kind: "csv", path: "metrics.csv", key: "val_loss", step: "epoch" });
    expect(documentOf(draft)["metrics"]).toEqual(metrics);
    const printed = { ...draft, metrics: draft.metrics.map((one) => ({ ...one, regex: "x=(.*)", file: undefined })) };
    expect(documentOf(printed)["metrics"]).toHaveProperty("loss", { regex: "x=(.*)" });
  });

  it("shows sizes with a unit and says only what is not the default", () => {
    const run = { ...DIGITS.run, memory: 16 * 2 ** 30, on_timeout: "keep", retries: 0 };
    const draft = draftFrom({ ...DIGITS, run } as unknown as JobDocument, DEFAULTS);
    expect([draft.run.memory, draft.run.on_timeout, draft.run.retries]).toEqual(["16GiB", "keep", "0"]);
    expect(documentOf(draft)["run"]).toEqual({ ...DIGITS.run, memory: "16GiB", on_timeout: "keep" });
    const failing = { ...draft, run: { ...draft.run, memory: "4000", on_timeout: "fail" } };
    expect(documentOf(failing)["run"]).toEqual({ ...DIGITS.run, memory: 4000 });
  });

  it("does not take over the seed", () => {
    const draft = draftFrom({ ...DIGITS, search: { ...DIGITS.search, seed: 7 } }, DEFAULTS);
    expect(documentOf(draft)["search"]).not.toHaveProperty("seed");
  });
});

describe("a condition", () => {
  const read = (text: string) => domainOf({ ...EMPTY_PARAMETER, name: "x", when: text })?.when;

  it("names other parameters and their values", () => {
    expect(read("optimizer=sgd")).toEqual({ optimizer: "sgd" });
    expect(read(" optimizer = sgd | rmsprop , layers=2,nesterov=true")).toEqual({
      optimizer: ["sgd", "rmsprop"],
      layers: 2,
      nesterov: true,
    });
    expect(read(" , ")).toBeUndefined();
  });

  it("that is no condition is left to the engine to judge", () => {
    expect(read("optimizer")).toEqual({ optimizer: "" });
  });

  it("comes back as it was written, or is kept as it came", () => {
    const back = (when: NonNullable<Domain["when"]>) => {
      const draft = parameterFrom("x", { type: "float", min: 0, max: 1, when });
      return [draft.when, domainOf(draft)?.when];
    };
    expect(back({ optimizer: ["sgd", "adam"], layers: 2 })).toEqual([
      "optimizer=sgd|adam, layers=2",
      { optimizer: ["sgd", "adam"], layers: 2 },
    ]);
    for (const when of [{ a: "x,y" }, { a: "1" }, { "a=b": 1 }, { a: [] }]) expect(back(when)).toEqual(["", when]);
  });
});

describe("an empty draft", () => {
  it("leaves out what was left empty", () => {
    expect(Object.keys(documentOf(EMPTY_DRAFT))).toEqual([
      "command",
      "parameters",
      "metrics",
      "objective",
      "search",
      "run",
    ]);
  });
});

describe("a parameter", () => {
  it("that is not searched and has no value is left to the program", () => {
    expect(domainOf({ ...EMPTY_PARAMETER, name: "seed", isSearched: false })).toBeNull();
  });

  it("that is not searched is passed on as typed", () => {
    const found = { name: "epochs", flag: "--epochs", type: "int", default: null, choices: [], help: "", given: 3 };
    const draft = parameterFound({ ...FOUND, ...found, suggestion: { type: "int", min: 1, max: 60 } });
    expect(domainOf(draft)).toEqual({ type: "int", value: 3 });
  });

  it("whose help says nothing gets a usual range and keeps its own flag", () => {
    const found = {
      ...FOUND,
      name: "learning_rate",
      flag: "--learning-rate",
      type: "text",
      default: null,
      choices: [],
      help: "",
    };
    const draft = parameterFound({ ...FOUND, ...found, usual: { type: "float", min: 1e-5, max: 0.1, log: true } });
    expect(domainOf({ ...draft, isSearched: true })).toEqual({
      type: "float",
      min: 1e-5,
      max: 0.1,
      log: true,
      flag: "--learning-rate",
    });
  });

  it("gets the range that the server proposes, which weighs what is usual against the default", () => {
    const found = {
      ...FOUND,
      ...{ name: "dropout", flag: "--dropout", type: "float", default: 0.8, choices: [], help: "", given: null },
      usual: { type: "float", min: 0, max: 0.5 },
      suggestion: { type: "float", min: 0, max: 0.9, default: 0.8 },
    };
    const draft = parameterFound({ ...FOUND, ...found });
    expect(domainOf({ ...draft, isSearched: true })).toEqual(found.suggestion);
  });

  it("with limits of its own keeps to them", () => {
    const found = {
      ...FOUND,
      ...{ name: "dropout", flag: "--dropout", type: "float", default: 0.1, choices: [], help: "", given: null },
      ...{ low: 0, high: 0.9, style: "", suggestion: { type: "float", min: 0, max: 0.9, default: 0.1 } },
      usual: { type: "float", min: 0, max: 0.5 },
    };
    const draft = parameterFound(found);
    expect(domainOf({ ...draft, isSearched: true })).toEqual({ type: "float", min: 0, max: 0.9, default: 0.1 });
  });

  it("of a configuration of Hydra reaches it as an override, searched or not", () => {
    const found = {
      ...FOUND,
      ...{ name: "optimizer.name", flag: "optimizer.name", type: "text", default: "adam", choices: [], help: "" },
      ...{ given: null, low: null, high: null, style: "hydra", suggestion: null, usual: null },
    };
    const draft = parameterFound(found);
    expect(domainOf({ ...draft, isSearched: true, values: "adam, sgd" })).toEqual({
      type: "categorical",
      values: ["adam", "sgd"],
      default: "adam",
      style: "hydra",
    });
  });

  it("keeps what is wrong for the engine to judge", () => {
    expect(domainOf({ ...EMPTY_PARAMETER, name: "lr", min: "abc", max: "1" })).toEqual({
      type: "float",
      min: "abc",
      max: 1,
    });
  });

  it("keeps texts that look like numbers", () => {
    const values = ["1", "2,5", "adam", 3];
    const draft = parameterFrom("x", { type: "categorical", values });
    expect(domainOf(draft)?.values).toEqual(values);
  });
});

describe("typed", () => {
  it.each([
    ["1e-3", 0.001],
    [" 5 ", 5],
    [".5", 0.5],
    ["1.", 1],
    ["true", true],
    ["1e", "1e"],
    ["30m", "30m"],
    ["0x10", "0x10"],
  ])("reads %s", (text, value) => {
    expect(typed(text)).toBe(value);
  });
});

describe("the logarithmic scale", () => {
  it("is suggested from two decades on, for positive ranges only", () => {
    expect(suggestsLog("1e-5", "0.1")).toBe(true);
    expect(suggestsLog("1", "100")).toBe(true);
    expect(suggestsLog("1", "99")).toBe(false);
    expect(suggestsLog("0", "100")).toBe(false);
    expect(suggestsLog("-1", "100")).toBe(false);
    expect(suggestsLog("", "100")).toBe(false);
  });
});

describe("small texts", () => {
  it("lists", () => {
    expect(listOf("adam, sgd , '1', 2, \"a,b\",,")).toEqual(["adam", "sgd", "1", 2, "a,b"]);
  });

  it("variables", () => {
    expect(environmentOf("A=1\n\n B = x=y \nC")).toEqual({ A: "1", B: "x=y", C: "" });
  });

  it("shell words", () => {
    expect(shellText(["python", "it's", "{lr}"])).toBe(`python 'it'"'"'s' {lr}`);
  });
});

describe("one run to look at", () => {
  const parameter = (name: string, change: Partial<ParameterDraft>): ParameterDraft => ({
    ...EMPTY_PARAMETER,
    name,
    ...change,
  });

  it("leaves out nothing that decides what trial 0 gets", () => {
    const search = { ...EMPTY_DRAFT.search, sampler: "grid", trials: "7", seed: "3", options: { levels: "4" } };
    const grid = { sampler: "grid", trials: 7, seed: 3, options: { levels: 4 } };
    expect(trialRun({ ...EMPTY_DRAFT, search }, [])["search"]).toEqual(grid);
    const wrong = [{ place: "search.options.levels", text: "?" }];
    expect(trialRun({ ...EMPTY_DRAFT, search }, wrong)["search"]).toEqual({ ...grid, options: undefined });
  });

  it("names the parameters whose values were drawn, unless a seed says which", () => {
    const lr = { ...EMPTY_PARAMETER, name: "lr", min: "0.1", max: "1" };
    const parameters = [
      lr,
      { ...lr, name: "wd", default: "0.5" },
      { ...lr, name: "fixed", isSearched: false, value: "1" },
    ];
    const draft = { ...EMPTY_DRAFT, parameters };
    expect(drawnParameters(trialRun(draft, []))).toEqual(["lr"]);
    expect(drawnParameters(trialRun({ ...draft, search: { ...draft.search, seed: "0" } }, []))).toEqual([]);
    expect(drawnParameters(trialRun(EMPTY_DRAFT, []))).toEqual([]);
  });

  it("is a job before anything is searched", () => {
    const document = trialRun({ ...EMPTY_DRAFT, command: "python train.py" }, []);
    expect(Object.keys(document["parameters"] as object)).toHaveLength(1);
    expect(document["metrics"]).toHaveProperty("output");
  });

  it("leaves to the program what is wrong, and passes on what is fixed", () => {
    const parameters = [
      parameter("lr", { min: "abc", max: "1" }),
      parameter("dropout", { min: "0", max: "0.5" }),
      parameter("epochs", { isSearched: false, type: "int", value: "3" }),
    ];
    const problems = [{ place: "parameters.lr.min", text: "got 'abc', expected a number." }];
    const document = trialRun({ ...EMPTY_DRAFT, command: "python train.py", parameters }, problems);
    expect(document["parameters"]).toEqual({
      dropout: { type: "float", min: 0, max: 0.5 },
      epochs: { type: "int", value: 3 },
    });
  });

  it("prepares the program as every trial does", () => {
    const setup = ["source venv/bin/activate"];
    const kept = { run: { setup, executor: "local" }, objective: {}, metrics: {} };
    const draft = { ...EMPTY_DRAFT, kept };
    expect(documentOf(draft)["run"]).toMatchObject({ setup });
    expect(trialRun(draft, [])["run"]).toEqual({ setup, executor: "local", trial_timeout: 120 });
  });

  it("ends after two minutes, whatever a trial may take", () => {
    const run = { ...EMPTY_DRAFT.run, trial_timeout: "3h", env: "A=1" };
    expect(trialRun({ ...EMPTY_DRAFT, run }, [])["run"]).toEqual({ env: { A: "1" }, trial_timeout: 120 });
  });
});

describe("what a first-time user stumbled over", () => {
  it("passes on a folder as a text: ./data was refused, a number being expected", () => {
    for (const [name, help] of [
      ["data", "path to dataset"],
      ["save_dir", ""],
      ["weights", "file to start from"],
    ] as const) {
      const found = { ...parameterFound({ ...FOUND, name, help }), value: "./data" };
      expect(found.type).toBe("categorical");
      expect(domainOf(found)).toMatchObject({ value: "./data" });
      expect(domainOf(found)?.type).toBeUndefined();
    }
    expect(parameterFound({ ...FOUND, name: "gamma", help: "of the schedule" }).type).toBe("float");
    expect(parameterFound({ ...FOUND, name: "log_interval", usual: { type: "int" } }).type).toBe("int");
  });

  it("writes small bounds so that they fit their fields: 0.000001 was cut off", () => {
    const draft = parameterFrom("weight_decay", { type: "float", min: 1e-6, max: 0.1, log: true, default: 0.00015 });
    expect([draft.min, draft.max, draft.default]).toEqual(["1e-6", "0.1", "1.5e-4"]);
    expect(domainOf(draft)).toMatchObject({ min: 1e-6, max: 0.1, default: 0.00015 });
  });

  it("offers a name for a program, as the engine makes one: the field was empty", () => {
    expect(nameOf("python examples/train.py --epochs=5")).toBe("train");
    expect(nameOf("./run")).toBe("run");
  });
});
