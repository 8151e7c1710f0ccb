/** The instances of a dataset as rows: turn pages, sort, select. */
import { html, nothing, type TemplateResult } from "lit-html";
import { type Cell, type Row, RowPage } from "./lib/row_page";
import { view } from "./lib/view";
import { counted, dated } from "./lib/words";

interface State {
  name: string;
  where: string;
  columns: string[];
  fields: string[];
  selection: string[];
  single_selection: boolean;
  revision: number;
}

const SIZES = [10, 20, 50, 100];
const UNSORTED = ["thumbnail", "x"];
const DATES = ["createdAt", "updatedAt"];
const ARROWS = { none: "", ascending: "▲", descending: "▼" };

export default view<State>("dataset_table", (context) => {
  const { get, ask, send, redraw } = context;
  const page = new RowPage(context, arrived);
  context.on("rows", (message) => page.receive(message));
  context.on("pictures", (message) => page.receivePictures(message));
  let revision = get("revision");
  let columns = get("columns").join("\n");
  /** Where the keyboard is, and where the last range began. */
  let stop = 0;
  let anchor = "";
  /** Where the keyboard goes when the next page is there, and whether it selects on the way. */
  let landing: { index: number; range: boolean } | null = null;

  context.react(() => {
    const now = get("columns").join("\n");
    if (get("revision") === revision && now === columns) return;
    [revision, columns] = [get("revision"), now];
    page.refresh();
  });
  page.refresh();

  function arrived(): void {
    stop = Math.max(0, Math.min(stop, page.rows.length - 1));
    redraw();
    if (landing === null || page.isWaiting) return;
    const to = Math.min(landing.index, page.rows.length - 1);
    if (landing.range && page.rows[to]) choose(page.rows[to].id, { toggle: false, range: true });
    landing = null;
    setTimeout(() => focus(to));
  }

  function focus(index: number): void {
    stop = index;
    redraw();
    context.el.querySelectorAll<HTMLElement>("tbody tr")[index]?.focus();
  }

  // Selecting

  function select(ids: Iterable<string>): void {
    ask("selection", [...new Set(ids)]);
  }

  /** Rows of other pages are known to the kernel alone. */
  function selectRange(first: string, last: string, adds: boolean): void {
    send({ kind: "range", first, last, adds, sort: page.sort, descending: page.descending });
  }

  function choose(id: string, how: { toggle: boolean; range: boolean }): void {
    const before = get("selection");
    const list = page.rows.map((row) => row.id);
    const from = list.indexOf(anchor);
    if (get("single_selection")) select(how.toggle && before.includes(id) ? [] : [id]);
    else if (how.range && from < 0 && anchor !== "") return selectRange(anchor, id, how.toggle);
    else if (how.range && from >= 0) {
      const to = list.indexOf(id);
      const range = list.slice(Math.min(from, to), Math.max(from, to) + 1);
      return select(how.toggle ? [...before, ...range] : range);
    } else if (how.toggle) select(before.includes(id) ? before.filter((one) => one !== id) : [...before, id]);
    else select([id]);
    anchor = id;
  }

  function rowOf(event: Event): { index: number; row: Row | undefined } {
    const element = (event.target as Element).closest("tbody tr");
    const index = element ? [...element.parentElement!.children].indexOf(element) : -1;
    return { index, row: page.rows[index] };
  }

  function clicked(event: MouseEvent): void {
    const { index, row } = rowOf(event);
    if (!row) return;
    stop = index;
    choose(row.id, { toggle: event.ctrlKey || event.metaKey, range: event.shiftKey });
    send({ kind: "clicked", id: row.id });
  }

  /** Arrows move, beyond the last row to the next page; with Shift they select on the way. */
  function move(to: number, range: boolean): void {
    if (to >= page.rows.length || to < 0) {
      const next = page.page + (to < 0 ? -1 : 1);
      if (next < 0 || next >= page.pages) return;
      if (range && anchor === "") anchor = page.rows[stop]?.id ?? "";
      landing = { index: to < 0 ? page.size - 1 : 0, range };
      return page.turn(next);
    }
    if (range && anchor === "") anchor = page.rows[stop]?.id ?? "";
    focus(to);
    if (range) choose(page.rows[to]!.id, { toggle: false, range: true });
  }

  function focused(event: FocusEvent): void {
    stop = Math.max(0, rowOf(event).index);
    redraw();
  }

  function turn(to: number): void {
    landing = { index: stop, range: false };
    page.turn(to);
  }

  function keyPressed(event: KeyboardEvent): void {
    const { index, row } = rowOf(event);
    if (!row) return;
    const control = event.ctrlKey || event.metaKey;
    const keys: Record<string, () => void> = {
      ArrowDown: () => move(index + 1, event.shiftKey),
      ArrowUp: () => move(index - 1, event.shiftKey),
      Home: () => (control ? turn(0) : move(0, event.shiftKey)),
      End: () => (control ? turn(page.pages - 1) : move(page.rows.length - 1, event.shiftKey)),
      PageDown: () => turn(page.page + 1),
      PageUp: () => turn(page.page - 1),
      " ": () => choose(row.id, { toggle: true, range: event.shiftKey }),
      Enter: () => {
        choose(row.id, { toggle: control, range: event.shiftKey });
        send({ kind: "clicked", id: row.id });
      },
      Escape: () => select([]),
      ...(control && !get("single_selection")
        ? { a: () => selectRange("", "", false) }
        : {}),
    };
    const act = keys[event.key];
    if (!act) return;
    act();
    event.preventDefault();
    event.stopPropagation();
  }

  // Drawing

  function header(column: string, index: number): TemplateResult {
    const sorted = page.sort === column;
    const direction = !sorted ? "none" : page.descending ? "descending" : "ascending";
    if (UNSORTED.includes(column)) return html`<th scope="col">${column}</th>`;
    const isNumber = page.rows.some((row) => typeof row.cells[index] === "number");
    return html`<th scope="col" class=${isNumber ? "marcelle-number" : ""} aria-sort=${direction}>
      <button @click=${() => page.order(column)} title="Sort by ${column}">${column}<span aria-hidden="true">${ARROWS[direction]}</span></button>
    </th>`;
  }

  function cell(column: string, value: Cell, row: Row): TemplateResult {
    if (column === "thumbnail") {
      const url = page.picture(row.id);
      return html`<td class="marcelle-picture">
        ${url.startsWith("data:image/") ? html`<img src=${url} alt="" draggable="false" />` : nothing}
      </td>`;
    }
    if (typeof value === "number") return html`<td class="marcelle-number">${value}</td>`;
    const text = value === null ? "" : DATES.includes(column) ? dated(String(value)) : String(value);
    return html`<td class=${column === "y" ? "marcelle-y" : ""} title=${text}>${text}</td>`;
  }

  // Rows by position, not by identity: the keyboard stays where it is while pages turn.
  function rowOfTable(row: Row, index: number, selected: Set<string>): TemplateResult {
    return html`<tr aria-selected=${selected.has(row.id)} aria-rowindex=${page.offset + index + 2}
      tabindex=${index === stop ? 0 : -1} data-lm-suppress-shortcuts="true">
      ${page.columns.map((column, i) => cell(column, row.cells[i] ?? null, row))}
    </tr>`;
  }

  function table(selected: Set<string>): TemplateResult {
    return html`<div class="marcelle-rows">
      <table role="grid" aria-label="Instances of ${get("name")}" aria-rowcount=${page.total + 1}
        aria-multiselectable=${!get("single_selection")} aria-busy=${page.isWaiting}>
        <thead><tr>${page.columns.map(header)}</tr></thead>
        <tbody @click=${clicked} @keydown=${keyPressed} @focusin=${focused}
          @mousedown=${(event: MouseEvent) => event.shiftKey && event.preventDefault()}>
          ${page.rows.map((row, index) => rowOfTable(row, index, selected))}
        </tbody>
      </table>
    </div>`;
  }

  function turner(name: string, sign: string, to: number): TemplateResult {
    const off = to < 0 || to >= page.pages || to === page.page;
    return html`<button aria-label=${name} title=${name} ?disabled=${off} @click=${() => page.turn(to)}>${sign}</button>`;
  }

  function pager(): TemplateResult {
    const typed = (event: Event) => {
      const field = event.target as HTMLInputElement;
      if (field.valueAsNumber >= 1) page.turn(Math.floor(field.valueAsNumber) - 1);
      field.value = String(page.page + 1);
    };
    const sized = (event: Event) => page.resize(Number((event.target as HTMLSelectElement).value));
    return html`<nav class="marcelle-row" aria-label="Pages">
      ${turner("First page", "«", 0)} ${turner("Previous page", "‹", page.page - 1)}
      <label>Page <input type="number" min="1" max=${page.pages} .value=${String(page.page + 1)} @change=${typed}
        @keydown=${(event: KeyboardEvent) => event.key === "Enter" && typed(event)} /></label>
      <span>of ${page.pages.toLocaleString("en")}</span>
      ${turner("Next page", "›", page.page + 1)} ${turner("Last page", "»", page.pages - 1)}
      <label class="marcelle-size">Rows <select @change=${sized}>
        ${SIZES.map((size) => html`<option value=${size} ?selected=${size === page.size}>${size}</option>`)}
      </select></label>
    </nav>`;
  }

  function chooser(): TemplateResult {
    const shown = get("columns");
    const all = [...new Set([...shown, ...get("fields")])];
    const toggle = (column: string) =>
      ask("columns", shown.includes(column) ? shown.filter((one) => one !== column) : [...shown, column]);
    return html`<details @keydown=${(event: KeyboardEvent) => {
      if (event.key === "Escape") (event.currentTarget as HTMLDetailsElement).open = false;
    }}>
      <summary>Columns</summary>
      <div class="marcelle-choices" role="group" aria-label="Columns">
        ${all.map((column) => html`<label>
          <input type="checkbox" .checked=${shown.includes(column)} @change=${() => toggle(column)} />${column}</label>`)}
      </div>
    </details>`;
  }

  return () => {
    const selection = get("selection");
    return html`<header>
        <strong title=${get("name")}>${get("name")}</strong>
        <span class="marcelle-muted">${page.isKnown ? counted(page.total, "instance") : "…"}</span>
        <span class="marcelle-muted" role="status">${selection.length > 0 ? `${selection.length.toLocaleString("en")} selected` : ""}</span>
        <button ?hidden=${get("single_selection") || page.total === 0 || selection.length === page.total}
          @click=${() => selectRange("", "", false)}>Select all</button>
        <button ?hidden=${selection.length === 0} @click=${() => select([])}>Select none</button>
        ${chooser()}
      </header>
      ${page.isKnown && page.total === 0 ? html`<p class="marcelle-muted">No instances yet</p>` : table(new Set(selection))}
      ${pager()}
      <footer class="marcelle-muted">${get("where")}</footer>`;
  };
});
