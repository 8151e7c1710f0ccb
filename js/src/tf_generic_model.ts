/** The companion of a model from files: drop them, and see what was loaded. */
import { html, nothing } from "lit-html";
import { FileSender } from "./lib/file_sender";
import { ModelStorage, type Stored } from "./lib/model_storage";
import { rowsTable, type Table } from "./lib/rows_table";
import { view } from "./lib/view";

interface State extends Stored {
  title: string;
  task: string;
  loading: boolean;
  /** Where it is, in a sentence. */
  state: string;
  failed: boolean;
  /** What was loaded: names, and texts of one or more lines. */
  facts: [name: string, text: string][];
  table: Table;
}

export default view<State>("tf_generic_model", (context) => {
  const { get } = context;
  const sender = new FileSender(context);
  const storage = new ModelStorage(context);
  return () => {
    const table = get("table");
    return html`<header>
        <strong>${get("title")}</strong> <span class="marcelle-muted">${get("task")}</span>
      </header>
      ${sender.template("Choose model files", "or drop all files of a model here, its folder or a zip file")}
      <p class="marcelle-state" role="status" ?data-failed=${get("failed")}>${get("state")}</p>
      ${get("loading") ? html`<progress aria-label="Loading"></progress>` : nothing}
      <dl>${get("facts").map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>`)}</dl>
      <details ?hidden=${table.cells.length === 0}>
        <summary>${table.columns[0]}s</summary>
        ${rowsTable("What the model consists of", table)}
      </details>
      ${storage.template(get("loading"))}`;
  };
});
