/** A model layer by layer. */
import { html } from "lit-html";
import { rowsTable, type Table } from "./lib/rows_table";
import { view } from "./lib/view";

interface State {
  title: string;
  table: Table;
}

export default view<State>("summary_table", ({ get }) => () => {
  const title = get("title");
  const table = get("table");
  return html`<header><strong>${title}</strong></header>
    ${table.cells.length > 0
      ? rowsTable(`Layers of ${title}`, table)
      : html`<p class="marcelle-muted">Not built yet: its layers show when it is trained, built or loaded</p>`}`;
});
