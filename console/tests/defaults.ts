/** What the server answers at `/defaults`, as far as drafts read it. */
import type { Defaults } from "../src/api/types";
import { emptyDraft } from "../src/pages/new/draft";

export const DEFAULTS: Defaults = {
  objective: { reduce: "best" },
  search: { sampler: "auto", trials: 20 },
  run: {
    parallel: 1,
    trial_timeout: null,
    on_timeout: "fail",
    retries: 0,
    max_failed: 5,
    env: {},
    cpus: null,
    gpus: 0,
  },
};

export const EMPTY_DRAFT = emptyDraft(DEFAULTS);
