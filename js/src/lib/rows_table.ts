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
      <table>
        <thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
        <tbody>${cells.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody>
      </table>
    </div>
    <p class="marcelle-muted">${foot}</p>`;
}

function cell(value: string | number, column: number): TemplateResult {
  if (column === 0) return html`<th scope="row">${value}</th>`;
  return typeof value === "number"
    ? html`<td class="marcelle-number">${value.toLocaleString("en")}</td>`
    : html`<td>${value}</td>`;
}
