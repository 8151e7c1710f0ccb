/** The trainings of a store: a table, and the curves and parameters of those selected. */
import { html, nothing, type TemplateResult } from "lit-html";
import { comparison, summaries } from "./lib/comparison";
import { Curves } from "./lib/curves";
import { DrawnRuns, MOST_DRAWN } from "./lib/drawn_runs";
import { type Cell, type Row, RowPage } from "./lib/row_page";
import { RunCurves } from "./lib/run_curves";
import { ScrollEdge } from "./lib/scroll_edge";
import { view } from "./lib/view";
import { counted, dated } from "./lib/words";

interface Action {
  name: string;
  multiple: boolean;
}

interface State {
  where: string;
  columns: string[];
  actions: Action[];
  selected: string[];
  revision: number;
  /** The model that is recorded, and where its checkpoints are. */
  tracked: { title: string; services: string[] };
  notice: string;
  undoable: string;
}

interface RunRow extends Row {
  status: string;
  message: string;
  /** Where the model of the run is; "" where it has none. */
  service: string;
}

const SIZES = [10, 20, 50, 100];
/** So much of a date tells the minute. */
const MINUTES = "2026-01-02 03:04".length;
const ARROWS = { none: "", ascending: "▲", descending: "▼" };
const RUNNING = ["start", "epoch"];

export default view<State>("training_history", (context) => {
  const { get, ask, send, redraw } = context;
  const page = new RowPage(context, redraw);
  const charted = new RunCurves();
  const curves = new Curves(charted, context.signal);
  const drawn = new DrawnRuns(context, () => {
    charted.show(drawn.runs);
    curves.draw(0);
    redraw();
  });
  const edge = new ScrollEdge(context.signal, redraw);
  let revision = get("revision");
  let selected = "";
  page.size = SIZES[0]!;
  context.on("rows", (message) => page.receive(message));
  context.on("runs", (message) => drawn.receive(message));

  function follow(): void {
    const now = get("selected").join("\n");
    if (now !== selected) drawn.select(get("selected"));
    selected = now;
    if (get("revision") === revision) return;
    revision = get("revision");
    page.refresh();
    drawn.refresh();
  }
  context.react(follow);
  follow();
  page.refresh();

  // What buttons do

  function toggle(id: string): void {
    const before = get("selected");
    ask("selected", before.includes(id) ? before.filter((one) => one !== id) : [...before, id]);
  }

  function act({ name }: Action, ids: string[], multiple: boolean): void {
    send({ kind: "action", name, ids, multiple });
  }

  /** Why a run's model cannot be brought back; "" where it can. */
  function obstacle(row: RunRow): string {
    const { title, services } = get("tracked");
    if (row.service === "") return "This run has kept no model";
    if (title === "") return "No model is tracked: call track(model)";
    return services.includes(row.service) ? "" : `Made by another kind of model than ${title}`;
  }

  // Drawing

  function header(column: string, index: number): TemplateResult {
    const sorted = page.sort === column;
    const direction = !sorted ? "none" : page.descending ? "descending" : "ascending";
    const isNumber = page.rows.some((row) => typeof row.cells[index] === "number");
    return html`<th scope="col" class=${isNumber ? "marcelle-number" : ""} aria-sort=${direction}>
      <button @click=${() => page.order(column)} title="Sort by ${column}">${column.replaceAll("_", " ")}<span aria-hidden="true">${ARROWS[direction]}</span></button>
    </th>`;
  }

  function cell(column: string, value: Cell, row: RunRow): TemplateResult {
    if (typeof value === "number") return html`<td class="marcelle-number">${shown(value)}</td>`;
    const text = value === null ? "" : column === "start" ? dated(String(value)).slice(0, MINUTES) : String(value);
    if (column === "status") return html`<td data-status=${row.status} title=${row.message || nothing}>${text}</td>`;
    if (column === "name") return html`<th scope="row" title=${text}>${text}</th>`;
    return html`<td title=${value ?? nothing}>${text}</td>`;
  }

  function buttons(row: RunRow, name: string): TemplateResult {
    const refusal = obstacle(row);
    const running = RUNNING.includes(row.status);
    const of = (what: string) => `${what} ${name}`;
    return html`<td class="marcelle-buttons"><div>
      ${get("actions").map((action) => html`<button aria-label=${of(action.name)} @click=${() => act(action, [row.id], false)}>${action.name}</button>`)}
      <button aria-label=${of("Restore")} title=${refusal || `Load what ${name} has learned into ${get("tracked").title}`}
        ?disabled=${refusal !== ""} @click=${() => send({ kind: "restore", id: row.id })}>Restore</button>
      <button aria-label=${of("Delete")} title=${running ? "It is running" : "Delete the run and its model"}
        ?disabled=${running} @click=${() => send({ kind: "remove", ids: [row.id] })}>Delete</button>
    </div></td>`;
  }

  function rowOfTable(row: RunRow): TemplateResult {
    const isSelected = get("selected").includes(row.id);
    const name = String(row.cells[page.columns.indexOf("name")] ?? "");
    const color = drawn.color(row.id);
    return html`<tr aria-selected=${isSelected}>
      <td class="marcelle-choice">
        <input type="checkbox" aria-label="Select ${name}" .checked=${isSelected} @change=${() => toggle(row.id)} />
        <i class="marcelle-swatch" .style=${color && `background:${color}`}></i>
      </td>
      ${page.columns.map((column, i) => cell(column, row.cells[i] ?? null, row))}
      ${buttons(row, name)}
    </tr>`;
  }

  function table(): TemplateResult {
    if (page.isKnown && page.total === 0) {
      return html`<p class="marcelle-muted">No runs yet: ${get("tracked").title ? "train the model" : "call track(model), and train it"}</p>`;
    }
    queueMicrotask(() => edge.watch(context.el.querySelector(".marcelle-runs")));
    return html`<div class="marcelle-runs" tabindex="0" role="region" aria-label="Runs" ?data-more=${edge.isHidden} @scroll=${edge.look}>
      <table aria-rowcount=${page.total + 1} aria-busy=${page.isWaiting}>
        <thead><tr><td></td>${page.columns.map(header)}<td class="marcelle-buttons">
          <button ?hidden=${!edge.isHidden} @click=${edge.turn}>More columns <span aria-hidden="true">▶</span></button>
        </td></tr></thead>
        <tbody>${(page.rows as RunRow[]).map(rowOfTable)}</tbody>
      </table>
    </div>`;
  }

  function pager(): TemplateResult {
    const turner = (name: string, sign: string, to: number) =>
      html`<button aria-label=${name} title=${name} ?disabled=${to < 0 || to >= page.pages} @click=${() => page.turn(to)}>${sign}</button>`;
    const sized = (event: Event) => page.resize(Number((event.target as HTMLSelectElement).value));
    return html`<nav class="marcelle-row" aria-label="Pages" ?hidden=${page.total <= SIZES[0]!}>
      ${turner("Previous page", "‹", page.page - 1)}
      <span>Page ${(page.page + 1).toLocaleString("en")} of ${page.pages.toLocaleString("en")}</span>
      ${turner("Next page", "›", page.page + 1)}
      <label>Rows <select @change=${sized}>
        ${SIZES.map((size) => html`<option value=${size} ?selected=${size === page.size}>${size}</option>`)}
      </select></label>
    </nav>`;
  }

  function chosen(ids: string[]): TemplateResult {
    const several = get("actions").filter(({ multiple }) => multiple);
    return html`<div class="marcelle-row" ?hidden=${ids.length === 0}>
      <span class="marcelle-muted" role="status">${ids.length} selected${ids.length > MOST_DRAWN ? `, the first ${MOST_DRAWN} are shown` : ""}</span>
      ${several.map((action) => html`<button @click=${() => act(action, ids, true)}>${action.name}</button>`)}
      <button @click=${() => send({ kind: "remove", ids })}>Delete selected</button>
      <button @click=${() => ask("selected", [])}>Select none</button>
    </div>`;
  }

  function notices(): TemplateResult {
    const undoable = get("undoable");
    return html`<p class="marcelle-row marcelle-notice" role="status">
      ${get("notice") ? html`<span>${get("notice")}</span>` : nothing}
      ${undoable ? html`<span>${undoable}</span><button @click=${() => send({ kind: "undo" })}>Undo</button>` : nothing}
    </p>`;
  }

  return () => {
    const { runs } = drawn;
    const { title } = get("tracked");
    return html`<header class="marcelle-row">
        <strong>Training history</strong>
        <span class="marcelle-muted">${page.isKnown ? counted(page.total, "run") : "…"}${title && `, recording ${title}`}</span>
      </header>
      ${table()} ${pager()} ${notices()} ${chosen(get("selected"))} ${curves.node}
      ${runs.length > 0 ? comparison(runs) : nothing} ${summaries(runs)}
      <footer class="marcelle-muted">${get("where")}</footer>`;
  };
});

/** A number of the kernel's, which has six digits at most, with four. */
function shown(value: number): string {
  const size = Math.abs(value);
  return Number.isInteger(value) && size < 1e6 ? value.toLocaleString("en") : size >= 1e5 || (size < 1e-4 && size > 0) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}
