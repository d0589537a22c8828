import { expect, test } from "vitest";

import type { Columns } from "../src/api/types";
import { csvOf } from "../src/pages/job/csv";

const columns: Columns = {
  version: "1",
  is_whole: true,
  number: [0],
  state: ["completed"],
  value: [0.5],
  n_reports: [1],
  started_at: [0],
  finished_at: [1500],
  params: { value: [3], loss: ["a,b"] },
  metrics: { loss: [0.5], state: [0.25] },
};

test("a parameter and a metric of one name gave two equal headings", () => {
  const [titles, row] = csvOf(columns, [0]).split("\n");
  expect(titles).toBe(
    "number,state,metrics.loss,metrics.state,value,params.value,params.loss,seconds,started_at,finished_at",
  );
  expect(row).toBe('0,completed,0.5,0.25,0.5,3,"a,b",1.5,1970-01-01T00:00:00.000Z,1970-01-01T00:00:01.500Z');
});
