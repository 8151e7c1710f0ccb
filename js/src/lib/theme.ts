/** When the page changes from light to dark or back: what is drawn on a canvas must be drawn again. */

const ATTRIBUTES = ["class", "data-jp-theme-light", "data-jp-theme-name", "data-theme"];

export function onThemeChange(repaint: () => void, signal: AbortSignal): void {
  const observer = new MutationObserver(repaint);
  for (const root of [document.body, document.documentElement]) observer.observe(root, { attributeFilter: ATTRIBUTES });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint, { signal });
  signal.addEventListener("abort", () => observer.disconnect());
}
