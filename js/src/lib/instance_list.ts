/** The parts of the dataset browser: what acts on the selection, and one label with its pictures. */
import { html, nothing, type TemplateResult } from "lit-html";
import { onEnter } from "./enter";
import { type Group, PAGE, pageCount } from "./thumbnails";
import { written } from "./words";

export interface Actions {
  /** Choose one of a list by its place, or, with `range`, all up to there; a place beyond the list does nothing. */
  select(list: readonly string[], index: number, range: boolean): void;
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
  group: Readonly<Group> | undefined;
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
    <span role="status">${none ? "Click pictures to select them, Shift-click for a range" : `${written(count)} selected`}</span>
    <form @submit=${submitted(actions.relabel)} @keydown=${onEnter} ?hidden=${none}>
      <label for="${id}-relabel">New label</label>
      <input id="${id}-relabel" list="${id}-labels" maxlength=${LABEL_LENGTH} autocomplete="off" />
      <datalist id="${id}-labels">${labels.map((label) => html`<option value=${label}></option>`)}</datalist>
      <button type="submit">Relabel</button>
    </form>
    <button ?hidden=${none} @click=${actions.remove}>Delete ${written(count)}</button>
    <button ?hidden=${none} @click=${actions.selectNone}>Select none</button>
  </div>`;
}

export function groupSection(id: string, shown: Shown, selected: Set<string>, actions: Actions): TemplateResult {
  const { label, count, open, group } = shown;
  const items = group?.items ?? [];
  const list = items.map((item) => item.id);
  return html`<section aria-label=${label}>
    <div class="marcelle-group">
      <button class="marcelle-fold" aria-expanded=${open} @click=${() => actions.fold(label, open)}>
        <span aria-hidden="true">${open ? "▾" : "▸"}</span>
        <span class="marcelle-label" title=${label}>${label}</span>
        <span class="marcelle-count">${written(count)}</span>
      </button>
      ${shown.renaming ? renameForm(id, label, actions) : groupButtons(label, list, open, actions)}
    </div>
    ${open && group ? [pictures(shown, group, list, selected, actions), pager(label, group, actions)] : nothing}
  </section>`;
}

function pager(label: string, { page, total }: Group, actions: Actions): TemplateResult | typeof nothing {
  const pages = pageCount(total);
  if (pages < 2) return nothing;
  const turn = (to: number) => actions.turn(label, to);
  const typed = ({ target }: Event) => {
    const field = target as HTMLInputElement;
    turn(field.valueAsNumber - 1 || 0);
    field.value = "";
  };
  return html`<nav aria-label="Pages of ${label}">
    <button ?disabled=${page === 0} @click=${() => turn(page - 1)}>Previous</button>
    <span>${written(page + 1)} of ${written(pages)}</span>
    <button ?disabled=${page >= pages - 1} @click=${() => turn(page + 1)}>Next</button>
    <label>Go to <input type="number" min="1" @change=${typed} @keydown=${onEnter} /></label>
  </nav>`;
}

function groupButtons(label: string, list: readonly string[], open: boolean, actions: Actions): TemplateResult {
  const all = () => actions.selectAll(list);
  return html`<span class="marcelle-group-buttons">
    <button ?hidden=${!open || !list.length} aria-label="Select all shown of ${label}" @click=${all}>
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

function pictures(
  { label, visited }: Shown,
  { items, asked }: Group,
  list: readonly string[],
  selected: Set<string>,
  actions: Actions,
): TemplateResult {
  const stop = list.includes(visited!) ? visited : list[0];
  // Tiles by position, not by identity: where one is deleted, the next takes its place, and the keyboard with it.
  return html`<ul role="listbox" aria-multiselectable="true" aria-label="Instances of ${label}"
    @mousedown=${(event: MouseEvent) => event.shiftKey && event.preventDefault()}
    @click=${(event: MouseEvent) => actions.select(list, indexOf(event), event.shiftKey)}
    @focusin=${(event: FocusEvent) => actions.visit(label, list[indexOf(event)]!)}
    @keydown=${(event: KeyboardEvent) => keyPressed(event, list, actions)}>
    ${items.map(({ id, thumbnail }, i) => tile(thumbnail, PAGE * asked + i, selected.has(id), id === stop))}
  </ul>`;
}

/** A picture, or the number of an instance that has none. Other addresses than pictures in text are not loaded. */
function tile(thumbnail: string, index: number, selected: boolean, stop: boolean): TemplateResult {
  const picture = /^data:image\//.test(thumbnail);
  return html`<li role="option" aria-selected=${selected} tabindex=${stop ? 0 : -1}
    aria-label="instance ${index + 1}" data-lm-suppress-shortcuts="true">
    ${picture ? html`<img src=${thumbnail} alt="" loading="lazy" draggable="false" />` : index + 1}
  </li>`;
}

function indexOf(event: Event): number {
  const option = (event.target as Element).closest("[role=option]");
  return option ? [...option.parentElement!.children].indexOf(option) : -1;
}

/** Arrows move, with Shift they select on the way; Space selects, Ctrl+A all, Delete deletes what is selected. */
function keyPressed(event: KeyboardEvent, list: readonly string[], actions: Actions): void {
  const { key, shiftKey } = event;
  const index = indexOf(event);
  const options = [...(event.currentTarget as Element).children] as HTMLElement[];
  const to = target(key, index, options);
  if (to !== null) {
    if (shiftKey) actions.select(list, index, true);
    options[to]?.focus();
    if (shiftKey) actions.select(list, to, true);
  } else if (key === " " || key === "Enter") actions.select(list, index, shiftKey);
  else if (key === "a" && (event.ctrlKey || event.metaKey)) actions.selectAll(list);
  else if (key === "Delete" || key === "Backspace") actions.remove();
  else if (key === "Escape") actions.selectNone();
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
