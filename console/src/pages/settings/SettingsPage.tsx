/** This browser, this server, its samplers, and who may use it. */
import { useAnswer } from "../../api/hooks";
import type { SamplerRow, System } from "../../api/types";
import { setPreferences, usePreferences, type Language, type Theme } from "../../app/preferences";
import { Answered, Field, Panel } from "../../components/parts";
import { bytes, scalar } from "../../format/numbers";
import { useCatalogue, useSaid, useText } from "../../i18n";
import { samplerName } from "../../i18n/samplers";
import { Keys } from "./Keys";
import { Sessions } from "./Sessions";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

export function SettingsPage() {
  const t = useText();
  return (
    <>
      <div className="page-head">
        <h1>{t("nav.settings")}</h1>
      </div>
      <div className="grid">
        <Browser />
        <Server />
      </div>
      <div className="below">
        <Sessions />
        <Keys />
        <Samplers />
      </div>
    </>
  );
}

function Browser() {
  const t = useText();
  const { theme, language } = usePreferences();
  return (
    <Panel title={t("settings.browser")}>
      <div className="fields">
        <Field label={t("settings.language")}>
          <select
            value={language}
            onChange={(event) => {
              setPreferences({ language: event.target.value as Language });
            }}
          >
            <option value="en">English</option>
            <option value="zh">中文</option>
          </select>
        </Field>
        <Field label={t("settings.theme")}>
          <select
            value={theme}
            onChange={(event) => {
              setPreferences({ theme: event.target.value as Theme });
            }}
          >
            {THEMES.map((one) => (
              <option key={one} value={one}>
                {t(`theme.${one}`)}
              </option>
            ))}
          </select>
        </Field>
      </div>
    </Panel>
  );
}

function Server() {
  const t = useText();
  const entry = useAnswer<System>("/system");
  return (
    <Panel title={t("settings.server")}>
      <Answered entry={entry}>
        {(system) => (
          <dl className="facts">
            <dt>{t("settings.version")}</dt>
            <dd>
              scriptune {system.version} · Python {system.python}
            </dd>
            <dt>{t("settings.machine")}</dt>
            <dd>
              {system.hostname} · {t("settings.cpus", { n: system.cpus })} · {bytes(system.memory_available_bytes)} /{" "}
              {bytes(system.memory_bytes)}
            </dd>
            <dt>GPU</dt>
            <dd>{system.gpus.length ? system.gpus.join(", ") : t("settings.no_gpus")}</dd>
            <dt>{t("settings.home")}</dt>
            <dd className="mono small">
              {system.home} ({t("settings.free", { size: bytes(system.disk_free_bytes) })})
            </dd>
            <dt>{t("settings.database")}</dt>
            <dd className="mono small">{system.database}</dd>
            <dt>{t("settings.token")}</dt>
            <dd>{t("settings.token_text")}</dd>
          </dl>
        )}
      </Answered>
    </Panel>
  );
}

function Samplers() {
  const t = useText();
  const said = useSaid();
  const known = useCatalogue();
  const entry = useAnswer<readonly SamplerRow[]>("/samplers");
  return (
    <Panel title={t("settings.samplers")}>
      <Answered entry={entry}>
        {(rows) => (
          <div className="stack">
            {rows.map((row) => (
              <details key={row.name}>
                <summary>
                  <b>{samplerName(row.name, t)}</b>{" "}
                  <span className="muted">
                    {known(`sampler_description.${row.name}`, row.description)}
                    {row.package ? ` (${row.package})` : ""}
                  </span>
                </summary>
                {row.options.length ? (
                  <div className="scroll">
                    <table className="small">
                      <thead>
                        <tr>
                          <th scope="col">{t("settings.option")}</th>
                          <th scope="col">{t("new.default")}</th>
                          <th scope="col">{t("settings.allowed")}</th>
                          <th scope="col">{t("settings.meaning")}</th>
                        </tr>
                      </thead>
                      <tbody>
                        {row.options.map((option) => (
                          <tr key={option.name}>
                            <th scope="row" className="mono">
                              {option.name}
                            </th>
                            <td>{option.default === null ? t("new.chosen_for_you") : scalar(option.default)}</td>
                            <td>{option.range ? said(option.range) : option.allowed}</td>
                            <td>
                              {known(`sampler_option.${row.name}_${option.name}`, option.help)}{" "}
                              <span className="muted">{option.source}</span>
                            </td>
                          </tr>
                        ))}
                      </tbody>
                    </table>
                  </div>
                ) : (
                  <p className="muted small">{t("settings.no_options")}</p>
                )}
              </details>
            ))}
          </div>
        )}
      </Answered>
    </Panel>
  );
}
