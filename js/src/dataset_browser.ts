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

function heading(name: string, counts: State["counts"]): TemplateResult {
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  return html`<header>
    <strong class="marcelle-label" title=${name}>${name}</strong>
    <span class="marcelle-muted">${counted(total, "instance")} of ${counted(counts.length, "label")}</span>
  </header>`;
}

function undoBar(undoable: string, undo: () => void): TemplateResult {
  return html`<div role="status">
    ${undoable
      ? html`<div class="marcelle-undo"><span>${undoable}</span><button @click=${undo}>Undo</button></div>`
      : nothing}
  </div>`;
}

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

  const thumbnails = new Thumbnails(send, () => context.connection() === "ok", changed, context.signal);
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
  function act(message: { kind: string; label?: string }): void {
    if (selection.ids.size > 0) send({ ...message, ids: [...selection.ids] });
    actions.selectNone();
  }

  /** Where the keyboard goes on after the next drawing. */
  function focus(selector: string): void {
    setTimeout(() => context.el.querySelector<HTMLElement>(selector)?.focus());
  }

  const actions: Actions = {
    select(list, id, range) {
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
    relabel: (label) => act({ kind: "relabel", label }),
    remove: () => act({ kind: "remove" }),
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
      if (to && to !== label) send({ kind: "rename", label, to });
      redraw();
      focus(`[aria-label="${CSS.escape(`Rename ${label}`)}"]`);
    },
  };

  function section(label: string, count: number, index: number): TemplateResult {
    const open = !(folded.get(label) ?? index >= OPEN_LABELS);
    if (open) thumbnails.show(label);
    const group = thumbnails.group(label);
    const shown = { label, count, open, group, renaming: renaming === label, visited: visited.get(label) };
    return groupSection(context.id, shown, selection.ids, actions);
  }

  return () => {
    const counts = get("counts");
    if (get("revision") !== revision) {
      revision = get("revision");
      thumbnails.refresh(new Set(counts.map(([label]) => label)));
    }
    const labels = counts.map(([label]) => label);
    return html`${heading(get("name"), counts)}
      ${undoBar(get("undoable"), () => send({ kind: "undo" }))}
      ${labels.length > 0
        ? selectionBar(context.id, labels, selection.ids.size, actions)
        : html`<p class="marcelle-muted">No instances yet</p>`}
      <div class="marcelle-groups">
        ${counts.map(([label, count], index) => section(label, count, index))}
      </div>
      <footer class="marcelle-muted">${get("where")}</footer>`;
  };
});
