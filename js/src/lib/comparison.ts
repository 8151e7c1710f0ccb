/** What several runs have in common, and in what they differ. */
import { html, nothing, type TemplateResult } from "lit-html";
import type { Details, Fact } from "./drawn_runs";
import { dated } from "./words";

type Shown = Details & { color: string };

/** A column for each run, a row for each name; those in which the runs differ stand out. */
export function comparison(runs: Shown[]): TemplateResult {
  const head = runs.map(
    ({ name, color }) => html`<th scope="col"><i class="marcelle-swatch" .style=${`background:${color}`}></i>${name}</th>`,
  );
  return html`<div class="marcelle-compared" tabindex="0" role="region" aria-label="Parameters of the selected runs">
    <table>
      <thead><tr><td></td>${head}</tr></thead>
      <tbody>${rows(runs, "params")}</tbody>
      <tbody>${rows(runs, "facts")}</tbody>
    </table>
  </div>`;
}

function rows(runs: Shown[], which: "params" | "facts"): TemplateResult[] {
  const given = runs.map((run) => new Map<string, Fact[1]>(run[which]));
  const names = new Set(given.flatMap((facts) => [...facts.keys()]));
  return [...names].map((name) => {
    const values = given.map((facts) => facts.get(name));
    const differs = which === "params" && new Set(values).size > 1;
    const shown = (value: Fact[1] | undefined) => (which === "facts" && name === "start" ? dated(String(value)) : value);
    const cells = values.map((value) => html`<td title=${String(value ?? "")}>${shown(value) ?? "–"}</td>`);
    return html`<tr class=${differs ? "marcelle-differs" : nothing}><th scope="row">${name}</th>${cells}</tr>`;
  });
}

/** The layers of the models, where the runs tell them. */
export function summaries(runs: Shown[]): TemplateResult[] {
  return runs
    .filter(({ summary }) => summary !== "")
    .map(({ name, summary }) => html`<details><summary>Model of ${name}</summary><pre tabindex="0">${summary}</pre></details>`);
}
