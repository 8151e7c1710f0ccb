/** The instances of a dataset by label: look at them, select, relabel, delete, undo. */
import { html, nothing, type TemplateResult } from "lit-html";
import { type Actions, groupSection, selectionBar } from "./lib/instance_list";
import { Selection } from "./lib/selection";
import { type ItemsMessage, Thumbnails } from "./lib/thumbnails";
import { view } from "./lib/view";
import { counted } from "./lib/words";

interface State {
  name: string;
  where: string;
  counts: [label: string, count: number][];
  revision: number;
  undoable: string;
}

/** More labels than these begin folded: their pictures are fetched when they are opened. */
const OPEN_LABELS = 8;

export default view<State>("dataset_browser", (context) => {
  const { get, send, redraw } = context;
  const selection = new Selection();
  const folded = new Map<string, boolean>();
  /** Where the keyboard is in each label. */
  const visited = new Map<string, string>();
  let renaming: string | null = null;
  let revision = get("revision");

  /** Of which instances the kernel was asked whether they are still there. */
  let asked = { request: 0, ids: [] as string[] };

  const thumbnails = new Thumbnails(context, changed);
  context.on("items", (message) => thumbnails.receive(message as unknown as ItemsMessage));
  context.on("there", (message) => {
    if (message.request !== asked.request) return;
    const there = new Set(message.ids as string[]);
    selection.drop(asked.ids.filter((id) => !there.has(id)));
    redraw();
  });

  /** What was deleted elsewhere is no longer selected; what is on another page, or has another label now, stays so. */
  function changed(): void {
    if (selection.ids.size > 0) {
      asked = { request: ++thumbnails.request, ids: [...selection.ids] };
      send({ kind: "there", ...asked });
    }
    redraw();
  }

  /** Do something to what is selected, which is then done with: a second action must not meet it by accident. */
  function act(kind: string, label?: string): void {
    if (selection.ids.size > 0) send({ kind, label, ids: [...selection.ids] });
    actions.selectNone();
  }

  /** Where the keyboard goes on after the next drawing; a text there is selected, to be typed over. */
  function focus(selector: string): void {
    setTimeout(() => {
      const element = context.el.querySelector<HTMLElement>(selector);
      element?.focus();
      if (element instanceof HTMLInputElement) element.select();
    });
  }

  function isOpen(label: string, index: number): boolean {
    return !(folded.get(label) ?? index >= OPEN_LABELS);
  }

  const actions: Actions = {
    select(list, index, range) {
      const id = list[index];
      if (id === undefined) return;
      if (range) selection.extend(list, id);
      else selection.toggle(id);
      redraw();
    },
    selectAll(list) {
      selection.add(list);
      redraw();
    },
    selectNone() {
      selection.clear();
      redraw();
    },
    visit(label, id) {
      visited.set(label, id);
      redraw();
    },
    relabel: (label) => act("relabel", label),
    remove: () => act("remove"),
    removeLabel: (label) => send({ kind: "remove_label", label }),
    turn(label, page) {
      thumbnails.turn(label, page);
      redraw();
    },
    fold(label, fold) {
      folded.set(label, fold);
      redraw();
    },
    beginRename(label) {
      renaming = label;
      redraw();
      focus(".marcelle-rename input");
    },
    rename(label, to) {
      renaming = null;
      if (to && to !== label) {
        // the group goes on under its new name as it is
        folded.set(to, !isOpen(label, get("counts").findIndex(([one]) => one === label)));
        send({ kind: "rename", label, to });
      }
      redraw();
      focus(`[aria-label="${CSS.escape(`Rename ${label}`)}"]`);
    },
  };

  function section(label: string, count: number, index: number): TemplateResult {
    const open = isOpen(label, index);
    if (open) thumbnails.show(label);
    const group = thumbnails.group(label);
    const shown = { label, count, open, group, renaming: renaming === label, visited: visited.get(label) };
    return groupSection(context.id, shown, selection.ids, actions);
  }

  return () => {
    const counts = get("counts");
    const labels = counts.map(([label]) => label);
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    const name = get("name");
    const undoable = get("undoable");
    if (get("revision") !== revision) {
      revision = get("revision");
      thumbnails.refresh(new Set(labels));
    }
    return html`<header>
        <strong class="marcelle-label" title=${name}>${name}</strong>
        <span class="marcelle-muted">${counted(total, "instance")} of ${counted(labels.length, "label")}</span>
      </header>
      <div role="status">
        ${undoable
          ? html`<div class="marcelle-undo">
              <span>${undoable}</span><button @click=${() => send({ kind: "undo" })}>Undo</button>
            </div>`
          : nothing}
      </div>
      ${labels.length > 0
        ? selectionBar(context.id, labels, selection.ids.size, actions)
        : html`<p class="marcelle-muted">No instances yet</p>`}
      <div class="marcelle-groups">
        ${counts.map(([label, count], index) => section(label, count, index))}
      </div>
      <footer class="marcelle-muted">${get("where")}</footer>`;
  };
});
