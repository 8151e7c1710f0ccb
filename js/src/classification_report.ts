/** How well a batch of predictions does, label by label; of a regression, output by output. */
import { html, type TemplateResult } from "lit-html";
import { leftOut } from "./lib/left_out";
import { type Progress, thinProgress } from "./lib/thin_progress";
import { view } from "./lib/view";

type Row = [label: string | null, kind: string, ...values: (number | null)[]];

interface State {
  name: string;
  table: { columns: string[]; rows: Row[]; hidden: number; without_truth: number; without_answer: number };
  progress: Progress;
}

/** These are shares; other scores are in the units of the data. */
const SHARES = ["precision", "recall", "F1"];

const UNDEFINED = "Not defined: nothing to divide by";

function value(score: number | null, column: string, kind: string): TemplateResult {
  // The accuracy is one number; a score that would be divided by zero is another matter.
  if (score === null) return kind === "accuracy" ? html`<td></td>` : html`<td title=${UNDEFINED}>–</td>`;
  if (column === "support") return html`<td>${score.toLocaleString("en")}</td>`;
  return html`<td>${SHARES.includes(column) ? score.toFixed(3) : String(Number(score.toPrecision(4)))}</td>`;
}

function named(label: string | null, kind: string): TemplateResult {
  if (kind === "label") return html`<span title=${label}>${label}</span>`;
  const name = kind[0]!.toUpperCase() + kind.slice(1);
  return html`<span>${label === null ? name : `${name} ${label}`}</span>`;
}

export default view<State>("classification_report", ({ get }) => {
  function row([label, kind, ...values]: Row): TemplateResult {
    const { columns } = get("table");
    return html`<tr data-kind=${kind}>
      <th scope="row">${named(label, kind)}</th>
      ${values.map((score, at) => value(score, columns[at]!, kind))}
    </tr>`;
  }

  function table(): TemplateResult {
    const { columns, rows } = get("table");
    return html`<div class="marcelle-table" tabindex="0" role="region" aria-label="Scores" data-lm-suppress-shortcuts="true">
      <table>
        <thead><tr><td></td>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
        <tbody>${rows.map(row)}</tbody>
      </table>
    </div>`;
  }

  return () => {
    const { columns, rows, hidden, without_truth, without_answer } = get("table");
    const notes = leftOut(without_truth, without_answer, columns.includes("MAE") ? "numbers" : "label");
    return html`<header>
        <strong>${columns.includes("MAE") ? "Regression report" : "Classification report"}</strong>
        <span class="marcelle-muted" title=${get("name")}>${get("name")}</span>
      </header>
      ${thinProgress(get("progress"))}
      ${rows.length > 0
        ? table()
        : html`<p class="marcelle-muted">${get("progress") === false ? "Nothing to score yet" : "Predicting …"}</p>`}
      <p class="marcelle-muted" ?hidden=${!notes && hidden === 0}>
        ${notes} ${hidden > 0 ? `${hidden.toLocaleString("en")} rows are not shown: they are in report.rows.` : ""}
      </p>`;
  };
});
