import { describe, expect, it } from "vitest";

import { goalFor, nameBefore, shownLines, tokens } from "../src/pages/new/metricNames";
import { EMPTY_PARAMETER } from "../src/pages/new/draft";
import { maskedPlaces, namedTwice, parseProblem, placeOf, stepOf, textsAt } from "../src/pages/new/problems";
import { EMPTY_DRAFT } from "./defaults";
import goals from "../../tests/golden/metric_goals.json";

describe("the numbers of a line", () => {
  const numbers = (line: string) => tokens(line).filter((token) => token.isNumber);

  it("can be clicked one by one", () => {
    expect(numbers("epoch 3/20  val_loss=0.412  val_acc: 87.1% lr 1e-3").map((token) => token.text)).toEqual([
      "3",
      "20",
      "0.412",
      "87.1",
      "1e-3",
    ]);
  });

  it("are none inside names", () => {
    expect(numbers("top5 conv2d x1.5y").map((token) => token.text)).toEqual([]);
  });

  it("make up the line again with what is between them", () => {
    for (const line of ["", "no number", "1", "a -2.5e-7, .5 | 100%", "loss=nan 3"]) {
      expect(
        tokens(line)
          .map((token) => token.text)
          .join(""),
      ).toBe(line);
    }
  });
});

describe("a metric's name", () => {
  it("is the word before the number", () => {
    const line = "Epoch 3: train/loss = 0.2, val-acc (top): 0.9";
    expect(nameBefore(line, line.indexOf("0.2"))).toBe("train_loss");
    expect(nameBefore(line, line.indexOf("0.9"))).toBe("top");
    expect(nameBefore("第 3 轮 验证准确率：0.91", 12)).toBe("验证准确率");
    expect(nameBefore("0.5", 0)).toBe("metric");
  });

  it("was loss for the training's and for the validation's", () => {
    const line = "Epoch 3: train loss: -1.0, val loss: -0.9 (Test Accuracy 0.7)";
    expect(["-1.0", "-0.9", "0.7"].map((text) => nameBefore(line, line.indexOf(text)))).toEqual([
      "train_loss",
      "val_loss",
      "Test_Accuracy",
    ]);
    expect(nameBefore("loss 0.2", 5, ["loss"])).toBe("loss_2");
  });

  it.each(Object.entries(goals))("%s tells which way is good as the engine says: %s", (name, goal) => {
    expect(goalFor(name)).toBe(goal);
  });

  it("tells which way is good", () => {
    expect(["val_acc", "f1", "mAP", "val_loss", "rmse", "WER", "x"].map(goalFor)).toEqual([
      "maximize",
      "maximize",
      "maximize",
      "minimize",
      "minimize",
      "minimize",
      null,
    ]);
  });
});

describe("a name that stands there twice", () => {
  it("hid the first of both without a word", () => {
    const draft = {
      ...EMPTY_DRAFT,
      parameters: ["lr", "", "", "lr"].map((name) => ({ ...EMPTY_PARAMETER, name })),
      metrics: ["loss", "acc", "loss"].map((name) => ({ name, regex: "x" })),
    };
    expect(namedTwice(draft).map((one) => one.place)).toEqual(["parameters.lr", "metrics.loss"]);
  });
});

describe("the server's mask in a copied search", () => {
  it("was taken for the secret itself", () => {
    const document = {
      command: "train --token=******** x",
      parameters: { api_key: { value: "********" }, lr: { min: 0.1, max: 1 } },
      run: { env: { A: "********", B: "stars *******" }, gpus: null },
      words: ["a", "********"],
    };
    expect(maskedPlaces(document)).toEqual(["command", "parameters.api_key.value", "run.env.A", "words[1]"]);
  });
});

describe("the engine's messages", () => {
  const problems = [
    "job: parameters.lr.min: got 'abc', expected a number.",
    "job: parameters.lr: min 1.0 is above max 0.0; swap them.",
    "job: metrics.acc.regex: Metric 'acc': the regex 'acc=(' cannot be compiled: missing ) at position 5.",
    "job: search.trials: got 0, expected 1 or more.",
    "job: command: python would run 'train.py', which is not in '/srv'.",
  ].map(parseProblem);

  it("stand at their fields", () => {
    expect(textsAt(problems, "parameters.lr.min")).toEqual(["got 'abc', expected a number."]);
    expect(textsAt(problems, "parameters.lr", true)).toEqual(["min 1.0 is above max 0.0; swap them."]);
    expect(textsAt(problems, "metrics.acc")).toHaveLength(1);
  });

  it("find names that the engine quotes", () => {
    const [problem] = ["job: metrics.'val acc'.regex: Metric 'val acc': the regex '(' cannot be compiled."].map(
      parseProblem,
    );
    expect(textsAt(problem ? [problem] : [], placeOf("metrics", "val acc"))).toHaveLength(1);
    expect(placeOf("parameters", "学习率")).toBe("parameters.学习率");
  });

  it("belong to steps", () => {
    expect(problems.map(stepOf)).toEqual([1, 1, 2, 3, 0]);
  });

  it("without a place are kept whole", () => {
    expect(parseProblem("Something is wrong.")).toEqual({ place: "", text: "Something is wrong." });
  });
});

describe("names in Chinese", () => {
  it("say which way is good", () => {
    expect(goalFor("验证准确率")).toBe("maximize");
    expect(goalFor("训练损失")).toBe("minimize");
  });
});

describe("the lines to choose a number from", () => {
  const numbered = (n: number) => Array.from({ length: n }, (_, i) => `line ${String(i + 1)}`).join("\n");

  it("are all of a short output", () => {
    expect(shownLines(`${numbered(4)}\n`, 2).map((line) => line.number)).toEqual([1, 2, 3, 4]);
  });

  it("are the first and the last of a long one, under their own numbers", () => {
    expect(shownLines(numbered(1000), 2)).toEqual([
      { number: 1, text: "line 1" },
      { number: 2, text: "line 2" },
      { number: 999, text: "line 999" },
      { number: 1000, text: "line 1000" },
    ]);
  });
});
