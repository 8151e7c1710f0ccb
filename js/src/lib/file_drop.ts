/** Files that are dropped on an element, or pasted while it has the focus or the pointer. */

interface Options {
  signal: AbortSignal;
  /** `data` is there where they were dropped: it also knows folders. */
  take(files: File[], data?: DataTransfer): void;
  /** Called when files begin or cease to hover over the element. */
  over(over: boolean): void;
}

export function acceptFiles(el: HTMLElement, { signal, take, over }: Options): void {
  /** Dragging crosses the element's children: the entries minus the exits tell whether it is still inside. */
  let depth = 0;
  const hover = (by: number): void => {
    depth = by === 0 ? 0 : Math.max(0, depth + by);
    over(depth > 0);
  };
  const listen = (name: "dragenter" | "dragover" | "dragleave" | "drop", act: (event: DragEvent) => void): void => {
    const handler = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      // Or the browser leaves the notebook to show the file, and the notebook inserts it into a cell.
      event.preventDefault();
      event.stopPropagation();
      act(event);
    };
    el.addEventListener(name, handler, { signal });
  };
  listen("dragenter", () => hover(1));
  listen("dragleave", () => hover(-1));
  listen("dragover", () => {});
  listen("drop", (event) => {
    hover(0);
    take([...(event.dataTransfer?.files ?? [])], event.dataTransfer ?? undefined);
  });
  // Before the notebook's own listeners: with no text field in focus the event goes to the page.
  document.addEventListener("paste", (event) => paste(el, event, take), { signal, capture: true });
}

function paste(el: HTMLElement, event: ClipboardEvent, take: (files: File[]) => void): void {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length === 0 || !isMeant(el)) return;
  event.preventDefault();
  event.stopPropagation();
  take(files);
}

/** The user means this element: it has the focus, or the pointer is over it and nobody else is being typed into. */
function isMeant(el: HTMLElement): boolean {
  const active = document.activeElement;
  if (active && el.contains(active)) return true;
  const typing = active?.closest("input, textarea, [contenteditable]") ?? null;
  return typing === null && el.matches(":hover");
}
