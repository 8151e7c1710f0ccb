/** A table of the kernel's: layers or operations of a model. */
import { html, type TemplateResult } from "lit-html";

export interface Table {
  columns: string[];
  cells: (string | number)[][];
  foot: string;
}

/** It scrolls in itself, by keyboard too, so that a model of hundreds of layers buries nothing. */
export function rowsTable(name: string, { columns, cells, foot }: Table): TemplateResult {
  return html`<div class="marcelle-table" tabindex="0" role="region" aria-label=${name}>
      <table class=${columns.length > 2 ? "marcelle-wide" : ""}>
        <thead><tr>${columns.map((column, i) => html`<th scope="col" class=${kind(cells[0]?.[i])}>${column}</th>`)}</tr></thead>
        <tbody>${cells.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody>
      </table>
    </div>
    <p class="marcelle-muted">${foot}</p>`;
}

function cell(value: string | number, column: number): TemplateResult {
  if (column === 0) return html`<th scope="row">${breakable(value)}</th>`;
  const shown = typeof value === "number" ? value.toLocaleString("en") : breakable(value);
  return html`<td class=${kind(value)}>${shown}</td>`;
}

function kind(value: string | number | undefined): string {
  return typeof value === "number" ? "marcelle-number" : "";
}

/** Long names break between their words, which underscores, slashes or capitals tell. */
function breakable(value: string | number): TemplateResult[] {
  return String(value)
    .split(/(?<=[_/])|(?<=[a-z])(?=[A-Z])/)
    .map((part) => html`${part}<wbr />`);
}
