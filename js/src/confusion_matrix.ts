/** Which labels are taken for which others: a row for each true label, a column for each predicted one. */
import { html, nothing, type TemplateResult } from "lit-html";
import { leftOut } from "./lib/left_out";
import { type Progress, thinProgress } from "./lib/thin_progress";
import { view } from "./lib/view";
import { counted } from "./lib/words";

interface Table {
  /** Those that are drawn: of very many, the most frequent. */
  labels: string[];
  counts: number[][];
  /** How many instances truly have each label, also where some of their columns are not drawn. */
  support: number[];
  n_labels: number;
  total: number;
  accuracy: number | null;
  without_truth: number;
  without_label: number;
}

interface State {
  name: string;
  table: Table;
  selected: { x: string; y: string; v: number } | null;
  progress: Progress;
}

type Place = [row: number, column: number];

const HINT = "Point at a cell to read it; click it, or press Enter, to select its instances.";

/** Up to so many labels, cells of this size. */
const SIZES: [labels: number, size: string][] = [[12, "large"], [30, "medium"], [Infinity, "small"]];

/** Characters of a label that fit below a large cell; longer ones are turned. */
const FITTING = 5;

/** Steps of the keys through the cells; 1e9 reaches the end. */
const STEPS: Record<string, Place> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  Home: [0, -1e9],
  End: [0, 1e9],
  PageUp: [-10, 0],
  PageDown: [10, 0],
};

function percent(part: number, whole: number): string {
  return `${((100 * part) / (whole || 1)).toFixed(1).replace(/\.0$/, "")} %`;
}

/** A number that fits into a cell. */
function short(count: number): string {
  return count < 10_000 ? String(count) : count.toLocaleString("en", { notation: "compact" });
}

export default view<State>("confusion_matrix", ({ el, get, redraw, send }) => {
  /** The cell that the keyboard is at. */
  let stop: Place = [0, 0];
  /** The cell that the pointer is at, or else the focus. */
  let read: Place | undefined;
  // Apart from the template, which would go through ten thousand cells whenever the pointer enters another.
  const readout = document.createElement("p");
  readout.className = "marcelle-readout";

  function told([row, column]: Place): string {
    const { labels, counts, support } = get("table");
    const count = counts[row]?.[column];
    if (count === undefined) return "";
    const share = `${short(count)} of ${support[row]!.toLocaleString("en")} (${percent(count, support[row]!)})`;
    return `${share}: true “${labels[row]}”, predicted “${labels[column]}”`;
  }

  function selectedPlace(): Place {
    const { labels } = get("table");
    const { x, y } = get("selected") ?? {};
    return [labels.indexOf(y ?? ""), labels.indexOf(x ?? "")];
  }

  function tell(): void {
    const text = told(read ?? selectedPlace());
    readout.textContent = text && !read ? `Selected: ${text}` : text || HINT;
  }

  function rest(): void {
    read = undefined;
    tell();
  }

  function placeOf(event: Event): Place | undefined {
    const cell = (event.target as Element).closest<HTMLTableCellElement>("td[role]");
    return cell ? [(cell.parentElement as HTMLTableRowElement).rowIndex, cell.cellIndex - 1] : undefined;
  }

  function pointed(event: Event): void {
    const place = placeOf(event);
    if (!place) return;
    read = place;
    tell();
  }

  function choose([row, column]: Place): void {
    const { labels } = get("table");
    const [selectedRow, selectedColumn] = selectedPlace();
    if (row === selectedRow && column === selectedColumn) send({ kind: "unselect" });
    else send({ kind: "select", x: labels[column], y: labels[row] } as { kind: string });
  }

  function clicked(event: Event): void {
    const place = placeOf(event);
    if (!place) return;
    stop = place;
    choose(place);
    redraw();
  }

  function keyPressed(event: KeyboardEvent): void {
    const place = placeOf(event);
    if (!place || event.altKey || event.metaKey) return;
    const step = STEPS[event.key];
    if (step) move(place, step, event.ctrlKey);
    else if (event.key === "Enter" || event.key === " ") choose(place);
    else if (event.key === "Escape" && get("selected")) send({ kind: "unselect" });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function move([row, column]: Place, [down, right]: Place, isWide: boolean): void {
    const last = get("table").labels.length - 1;
    const within = (value: number) => Math.max(0, Math.min(last, value));
    stop = [within(row + (isWide && down === 0 ? right : down)), within(column + right)];
    redraw();
    queueMicrotask(() => el.querySelector<HTMLElement>('td[tabindex="0"]')?.focus());
  }

  /** The shade goes through the style's own interface: pages may forbid style attributes. */
  function cell(count: number, row: number, column: number, chosen: Place): TemplateResult {
    const share = count / (get("table").support[row] || 1);
    const isChosen = chosen[0] === row && chosen[1] === column;
    return html`<td role="gridcell" tabindex=${stop[0] === row && stop[1] === column ? 0 : -1} aria-selected=${isChosen}
      class=${row === column ? "marcelle-right" : ""} aria-label=${count === 0 ? "0" : nothing}
      .style=${`--share:${Math.round(70 * share)}%`}>${count === 0 ? "" : short(count)}</td>`;
  }

  function grid(): TemplateResult {
    const { labels, counts } = get("table");
    const chosen = selectedPlace();
    stop = [Math.min(stop[0], labels.length - 1), Math.min(stop[1], labels.length - 1)];
    const size = SIZES.find(([most]) => labels.length <= most)![1];
    const isTurned = size !== "large" || labels.some((label) => label.length > FITTING);
    return html`<div class="marcelle-axes">
      <span class="marcelle-true" aria-hidden="true">true</span>
      <div class="marcelle-scroll" @pointerover=${pointed} @pointerleave=${rest} @focusin=${pointed} @focusout=${rest}>
        <table role="grid" data-size=${size} ?data-turned=${isTurned} data-lm-suppress-shortcuts="true" @click=${clicked} @keydown=${keyPressed}
          aria-label="Confusion matrix: a row for each true label, a column for each predicted one">
          <tbody>
            ${counts.map((row, at) => html`<tr>
              <th scope="row" title=${labels[at]}><span>${labels[at]}</span></th>
              ${row.map((count, column) => cell(count, at, column, chosen))}
            </tr>`)}
          </tbody>
          <tfoot><tr><td></td>${labels.map((label) => html`<th scope="col" title=${label}><span>${label}</span></th>`)}</tr></tfoot>
        </table>
      </div>
      <span class="marcelle-predicted" aria-hidden="true">predicted</span>
    </div>`;
  }

  function notes(): string {
    const { labels, n_labels, without_truth, without_label } = get("table");
    const hidden = n_labels - labels.length;
    return [
      leftOut(without_truth, without_label, "label"),
      hidden > 0 ? `Drawn are the ${labels.length} most frequent of ${counted(n_labels, "label")}.` : "",
    ].join(" ").trim();
  }

  return () => {
    const { accuracy, total } = get("table");
    tell();
    return html`<header>
        <strong>Confusion matrix</strong>
        <span class="marcelle-muted" title=${get("name")}>${get("name")}</span>
      </header>
      ${thinProgress(get("progress"))}
      ${accuracy === null
        ? html`<p class="marcelle-muted">${get("progress") === false ? "Nothing to count yet" : "Predicting …"}</p>`
        : html`<p class="marcelle-accuracy">Accuracy <b>${percent(accuracy, 1)}</b>
            <span class="marcelle-muted">of ${counted(total, "prediction")}</span></p>
          ${grid()} ${readout}`}
      <p class="marcelle-muted marcelle-notes" ?hidden=${!notes()}>${notes()}</p>`;
  };
});
