/** The algorithm with its options, and how much may be spent. */
import { useState } from "react";

import { useAnswer } from "../../api/hooks";
import { address } from "../../api/source";
import type { JobPage, SamplerOption, SamplerRow, StoppingRuleRow } from "../../api/types";
import { Field } from "../../components/parts";
import { scalar } from "../../format/numbers";
import { useCatalogue, useSaid, useText, type Key } from "../../i18n";
import { samplerName } from "../../i18n/samplers";
import { type Draft, NO_RULE, RUN_FIELDS, type RunField } from "./draft";
import type { Change } from "./NewSearchPage";
import { textsAt, type Problem } from "./problems";
import { Step } from "./Step";

const FIELDS = Object.keys(RUN_FIELDS) as readonly RunField[];
const ON_TIMEOUT = ["fail", "keep"] as const;
const EARLIER = 50; // searches to choose from
const ALWAYS = 2; // the fields that nearly everybody sets; the rest unfolds

export function BudgetStep({
  draft,
  change,
  problems,
}: Readonly<{
  draft: Draft;
  change: Change;
  problems: readonly Problem[];
  isBegun: boolean;
}>) {
  const t = useText();
  const said = useSaid();
  const known = useCatalogue();
  const { search, run } = draft;
  const entry = useAnswer<readonly SamplerRow[]>("/samplers");
  const rules = useAnswer<readonly StoppingRuleRow[]>("/stopping-rules").data ?? [{ name: NO_RULE, description: "" }];
  const stopping = draft.stopping ?? { rule: NO_RULE, maxStep: "", rest: {} };
  const sampler = entry.data?.find((row) => row.name === search.sampler);
  const setSearch = (next: Partial<Draft["search"]>) => {
    change({ search: { ...search, ...next } });
  };
  const [isOpen, setOpen] = useState(false);
  const input = (value: string, onChange: (value: string) => void, placeholder = "") => (
    <input
      className="mono"
      value={value}
      placeholder={placeholder}
      onChange={(event) => {
        onChange(event.target.value);
      }}
    />
  );
  const jobs = useAnswer<JobPage>(address("/jobs", { limit: EARLIER })).data?.items.map(({ job }) => job) ?? [];
  const earlier = (chosen: string, otherwise: Key, onChange: (job: string) => void) => (
    <select
      value={chosen}
      onChange={(event) => {
        onChange(event.target.value);
      }}
    >
      <option value="">{t(otherwise)}</option>
      {otherwise === "new.after_auto" ? <option value="none">{t("new.after_none")}</option> : null}
      {chosen && chosen !== "none" && !jobs.some(({ id }) => id === chosen) ? <option>{chosen}</option> : null}
      {jobs
        .filter(({ confirms }) => confirms === null)
        .map(({ id, name }) => (
          <option key={id} value={id}>
            {name} · {id.slice(0, 8)}
          </option>
        ))}
    </select>
  );
  const optionInput = (option: SamplerOption) => {
    const value = search.options[option.name] ?? "";
    const set = (next: string) => {
      setSearch({ options: { ...search.options, [option.name]: next } });
    };
    const standard = option.default === null ? t("new.chosen_for_you") : scalar(option.default);
    const choices = option.allowed.includes(" | ") ? option.allowed.split(" | ") : [];
    if (!choices.length) return input(value, set, standard);
    return (
      <select
        value={value}
        onChange={(event) => {
          set(event.target.value);
        }}
      >
        <option value="">{t("new.standard", { value: standard })}</option>
        {choices.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    );
  };
  const runField = (key: RunField) => (
    <Field key={key} label={t(`run.${key}`)} mistakes={textsAt(problems, `run.${key}`)}>
      {input(
        run[key],
        (value) => {
          change({ run: { ...run, [key]: value } });
        },
        t(`hint.${RUN_FIELDS[key]}`),
      )}
    </Field>
  );
  // What is wrong is to be seen.
  const folded = [
    ...FIELDS.slice(ALWAYS).map((key) => `run.${key}`),
    "run.on_timeout",
    "run.env",
    "search.seed",
    "search.patience",
    "search.min_gain",
    "search.after",
    "search.from",
    "search.options",
    "search.budget",
    "stopping.rule",
    "stopping.max_step",
  ];
  if (!isOpen && folded.some((place) => textsAt(problems, place).length)) setOpen(true);
  return (
    <Step
      number={4}
      title={t("new.budget")}
      mistakes={[...textsAt(problems, "search", true), ...textsAt(problems, "run", true)]}
    >
      <div className="fields">
        <Field label={t("new.trials")} mistakes={textsAt(problems, "search.trials")}>
          {input(search.trials, (trials) => {
            setSearch({ trials });
          })}
        </Field>
        {FIELDS.slice(0, ALWAYS).map(runField)}
        <Field label={t("jobs.sampler")} mistakes={textsAt(problems, "search.sampler")}>
          <select
            value={search.sampler}
            onChange={(event) => {
              setSearch({ sampler: event.target.value, options: {} });
            }}
          >
            {(entry.data ?? [{ name: search.sampler }]).map((row) => (
              <option key={row.name} value={row.name}>
                {samplerName(row.name, t)}
              </option>
            ))}
          </select>
        </Field>
      </div>
      {sampler ? (
        <p className="muted small">{known(`sampler_description.${sampler.name}`, sampler.description)}</p>
      ) : null}
      <details
        open={isOpen}
        onToggle={(event) => {
          setOpen(event.currentTarget.open);
        }}
      >
        <summary>{t("new.more")}</summary>
        <div className="stack" style={{ marginTop: "0.75rem" }}>
          <div className="fields">
            {FIELDS.slice(ALWAYS).map(runField)}
            <Field label={t("run.on_timeout")} mistakes={textsAt(problems, "run.on_timeout")}>
              <select
                value={run.on_timeout}
                onChange={(event) => {
                  change({ run: { ...run, on_timeout: event.target.value } });
                }}
              >
                {ON_TIMEOUT.map((one) => (
                  <option key={one} value={one}>
                    {t(`on_timeout.${one}`)}
                  </option>
                ))}
              </select>
            </Field>
            <Field label={t("job.seed")} mistakes={textsAt(problems, "search.seed")}>
              {input(
                search.seed,
                (seed) => {
                  setSearch({ seed });
                },
                t("new.drawn"),
              )}
            </Field>
            <Field
              label={t("new.stopping")}
              help={t("new.stopping_help")}
              mistakes={textsAt(problems, "stopping.rule")}
            >
              <select
                value={stopping.rule}
                onChange={(event) => {
                  // The other keys of the section may be options that another rule does not have.
                  change({ stopping: { ...stopping, rule: event.target.value, rest: {} } });
                }}
              >
                {rules.map(({ name }) => (
                  <option key={name} value={name}>
                    {name === NO_RULE ? t("new.stopping_none") : name}
                  </option>
                ))}
              </select>
            </Field>
            {stopping.rule === NO_RULE ? null : (
              <>
                <Field
                  label={t("new.max_step")}
                  help={t("new.max_step_help")}
                  mistakes={textsAt(problems, "stopping.max_step")}
                >
                  {input(stopping.maxStep, (maxStep) => {
                    change({ stopping: { ...stopping, maxStep } });
                  })}
                </Field>
                <Field
                  label={t("new.trainings")}
                  help={t("new.trainings_help")}
                  mistakes={textsAt(problems, "search.budget")}
                >
                  {input(search.budget ?? "", (budget) => {
                    setSearch({ budget });
                  })}
                </Field>
              </>
            )}
            <Field label={t("new.patience")} mistakes={textsAt(problems, "search.patience")}>
              {input(
                search.patience,
                (patience) => {
                  setSearch({ patience });
                },
                t("hint.any"),
              )}
            </Field>
            <Field label={t("new.min_gain")} mistakes={textsAt(problems, "search.min_gain")}>
              {input(
                search.min_gain,
                (min_gain) => {
                  setSearch({ min_gain });
                },
                "0",
              )}
            </Field>
            <Field label={t("new.after")} help={t("new.after_help")} mistakes={textsAt(problems, "search.after")}>
              {earlier(search.after, "new.after_auto", (after) => {
                setSearch({ after });
              })}
            </Field>
            <Field label={t("new.from")} help={t("new.from_help")} mistakes={textsAt(problems, "search.from")}>
              {earlier(search.from, "new.from_none", (from) => {
                setSearch({ from });
              })}
            </Field>
            <label className="check wide">
              <input
                type="checkbox"
                checked={search.usualValues}
                onChange={(event) => {
                  setSearch({ usualValues: event.target.checked });
                }}
              />
              {t("new.usual_values")}
            </label>
            <Field label={t("new.env")} wide mistakes={textsAt(problems, "run.env")}>
              <textarea
                value={run.env}
                spellCheck={false}
                placeholder="OMP_NUM_THREADS=1"
                style={{ minHeight: "3.5rem" }}
                onChange={(event) => {
                  change({ run: { ...run, env: event.target.value } });
                }}
              />
            </Field>
          </div>
          {sampler?.options.length ? (
            <>
              <div className="row">
                <h3>{t("new.options", { name: samplerName(sampler.name, t) })}</h3>
                <button
                  type="button"
                  className="tiny"
                  onClick={() => {
                    setSearch({ options: {} });
                  }}
                >
                  {t("new.reset")}
                </button>
              </div>
              <div className="fields">
                {sampler.options.map((option) => (
                  <Field
                    key={option.name}
                    label={option.name}
                    help={
                      known(`sampler_option.${sampler.name}_${option.name}`, option.help) +
                      (option.range ? ` (${said(option.range)})` : "")
                    }
                    mistakes={textsAt(problems, `search.options.${option.name}`)}
                  >
                    {optionInput(option)}
                  </Field>
                ))}
              </div>
            </>
          ) : null}
        </div>
      </details>
    </Step>
  );
}
