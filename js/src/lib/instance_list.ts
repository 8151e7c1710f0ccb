/** The parts of the dataset browser: what acts on the selection, and one label with its pictures. */
import { html, nothing, type TemplateResult } from "lit-html";
import { onEnter } from "./enter";
import { type Item, PAGE, pageCount, type Thumbnails } from "./thumbnails";

export interface Actions {
  select(list: readonly string[], id: string, range: boolean): void;
  selectAll(list: readonly string[]): void;
  selectNone(): void;
  visit(label: string, id: string): void;
  relabel(label: string): void;
  remove(): void;
  removeLabel(label: string): void;
  /** Show another page of a label, from 0. */
  turn(label: string, page: number): void;
  fold(label: string, fold: boolean): void;
  beginRename(label: string): void;
  rename(label: string, to: string): void;
}

interface Shown {
  label: string;
  count: number;
  open: boolean;
  renaming: boolean;
  visited: string | undefined;
  group: ReturnType<Thumbnails["group"]>;
}

/** As long as the kernel lets a label be. */
const LABEL_LENGTH = 100;

/** The text of a form's one field, which is then empty for the next. */
function submitted(take: (text: string) => void) {
  return (event: Event) => {
    event.preventDefault();
    const field = (event.target as HTMLFormElement).querySelector("input")!;
    const text = field.value.trim();
    if (!text) return field.focus();
    take(text);
    field.value = "";
  };
}

export function selectionBar(id: string, labels: string[], count: number, actions: Actions): TemplateResult {
  const none = count === 0;
  return html`<div class="marcelle-selection">
    <span role="status">${none ? "Click pictures to select them, Shift-click for a range" : `${count} selected`}</span>
    <form @submit=${submitted(actions.relabel)} @keydown=${onEnter} ?hidden=${none}>
      <label for="${id}-relabel">New label</label>
      <input id="${id}-relabel" list="${id}-labels" maxlength=${LABEL_LENGTH} autocomplete="off" />
      <datalist id="${id}-labels">${labels.map((label) => html`<option value=${label}></option>`)}</datalist>
      <button type="submit">Relabel</button>
    </form>
    <button ?hidden=${none} @click=${actions.remove}>Delete ${count}</button>
    <button ?hidden=${none} @click=${actions.selectNone}>Select none</button>
  </div>`;
}

export function groupSection(id: string, shown: Shown, selected: Set<string>, actions: Actions): TemplateResult {
  const { label, count, open, group } = shown;
  const items = group?.items ?? [];
  return html`<section aria-label=${label}>
    <div class="marcelle-group">
      <button class="marcelle-fold" aria-expanded=${open} @click=${() => actions.fold(label, open)}>
        <span aria-hidden="true">${open ? "▾" : "▸"}</span>
        <span class="marcelle-label" title=${label}>${label}</span>
        <span class="marcelle-count">${count}</span>
      </button>
      ${shown.renaming ? renameForm(id, label, actions) : groupButtons(label, items, open, actions)}
    </div>
    ${open ? pictures(shown, items, selected, actions) : nothing}
    ${open && group && pageCount(group.total) > 1 ? pager(label, group.page, pageCount(group.total), actions) : nothing}
  </section>`;
}

function pager(label: string, page: number, pages: number, actions: Actions): TemplateResult {
  const turn = (to: number) => actions.turn(label, to);
  const typed = ({ target }: Event) => {
    const field = target as HTMLInputElement;
    turn(field.valueAsNumber - 1 || 0);
    field.value = "";
  };
  return html`<nav aria-label="Pages of ${label}">
    <button ?disabled=${page === 0} @click=${() => turn(page - 1)}>Previous</button>
    <span>${page + 1} of ${pages}</span>
    <button ?disabled=${page >= pages - 1} @click=${() => turn(page + 1)}>Next</button>
    <label>Go to <input type="number" min="1" @change=${typed} @keydown=${onEnter} /></label>
  </nav>`;
}

function groupButtons(label: string, items: readonly Item[], open: boolean, actions: Actions): TemplateResult {
  const all = () => actions.selectAll(items.map((item) => item.id));
  return html`<span class="marcelle-group-buttons">
    <button ?hidden=${!open || items.length === 0} aria-label="Select all shown of ${label}" @click=${all}>
      Select all shown
    </button>
    <button aria-label="Rename ${label}" @click=${() => actions.beginRename(label)}>Rename</button>
    <button aria-label="Delete label ${label}" @click=${() => actions.removeLabel(label)}>
      Delete label
    </button>
  </span>`;
}

function renameForm(id: string, label: string, actions: Actions): TemplateResult {
  const cancel = () => actions.rename(label, "");
  const keys = (event: KeyboardEvent) => (event.key === "Escape" ? cancel() : onEnter(event));
  return html`<form class="marcelle-group-buttons marcelle-rename" @keydown=${keys}
    @submit=${submitted((to) => actions.rename(label, to))}>
    <input list="${id}-labels" maxlength=${LABEL_LENGTH} aria-label="New name of ${label}"
      autocomplete="off" .value=${label} />
    <button type="submit">Rename</button>
    <button type="button" @click=${cancel}>Cancel</button>
  </form>`;
}

function pictures(shown: Shown, items: readonly Item[], selected: Set<string>, actions: Actions): TemplateResult {
  const list = items.map((item) => item.id);
  const first = PAGE * (shown.group?.asked ?? 0);
  const stop = shown.visited !== undefined && list.includes(shown.visited) ? shown.visited : list[0];
  const keys: Keys = {
    choose(index, range) {
      const id = list[index];
      if (id !== undefined) actions.select(list, id, range);
    },
    visit: (index) => actions.visit(shown.label, list[index]!),
    all: () => actions.selectAll(list),
    remove: actions.remove,
    none: actions.selectNone,
  };
  // Tiles by position, not by identity: where one is deleted, the next takes its place, and the keyboard with it.
  return html`<ul role="listbox" aria-multiselectable="true" aria-label="Instances of ${shown.label}"
    @mousedown=${(event: MouseEvent) => event.shiftKey && event.preventDefault()}
    @click=${(event: MouseEvent) => keys.choose(indexOf(event), event.shiftKey)}
    @focusin=${(event: FocusEvent) => keys.visit(indexOf(event))}
    @keydown=${(event: KeyboardEvent) => keyPressed(event, keys)}>
    ${items.map((item, i) => tile(item, first + i, selected.has(item.id), item.id === stop))}
  </ul>`;
}

/** A picture, or the number of an instance that has none. Other addresses than pictures in text are not loaded. */
function tile({ thumbnail }: Item, index: number, selected: boolean, stop: boolean): TemplateResult {
  const picture = typeof thumbnail === "string" && thumbnail.startsWith("data:image/");
  return html`<li role="option" aria-selected=${selected} tabindex=${stop ? 0 : -1}
    aria-label="instance ${index + 1}" data-lm-suppress-shortcuts="true">
    ${picture ? html`<img src=${thumbnail} alt="" loading="lazy" draggable="false" />` : index + 1}
  </li>`;
}

/** What the keys do, by the index of a picture. */
interface Keys {
  choose(index: number, range: boolean): void;
  visit(index: number): void;
  all(): void;
  remove(): void;
  none(): void;
}

function indexOf(event: Event): number {
  const option = (event.target as Element).closest("[role=option]");
  return option ? [...option.parentElement!.children].indexOf(option) : -1;
}

/** Arrows move, with Shift they select on the way; Space selects, Ctrl+A all, Delete deletes what is selected. */
function keyPressed(event: KeyboardEvent, keys: Keys): void {
  const index = indexOf(event);
  const options = [...(event.currentTarget as Element).children] as HTMLElement[];
  const to = target(event.key, index, options);
  if (to !== null) {
    if (event.shiftKey) keys.choose(index, true);
    options[to]?.focus();
    if (event.shiftKey) keys.choose(to, true);
  } else if (event.key === " " || event.key === "Enter") keys.choose(index, event.shiftKey);
  else if (event.key === "a" && (event.ctrlKey || event.metaKey)) keys.all();
  else if (event.key === "Delete" || event.key === "Backspace") keys.remove();
  else if (event.key === "Escape") keys.none();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Where a key leads: to a neighbour, a row up or down, an end; null for the other keys. */
function target(key: string, index: number, options: HTMLElement[]): number | null {
  const last = options.length - 1;
  const top = options[0]?.offsetTop;
  const columns = Math.max(1, options.findIndex((option) => option.offsetTop !== top));
  const steps: Record<string, number> = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    ArrowUp: index - columns,
    ArrowDown: index + columns,
    Home: 0,
    End: last,
  };
  const to = steps[key];
  return to === undefined ? null : Math.min(last, Math.max(0, to));
}
