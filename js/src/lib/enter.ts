/**
 * Enter ends the typing: it submits the field's form, or writes the value. JupyterLab takes the key away from the
 * fields inside a cell before the browser would do so.
 */
export function onEnter(event: KeyboardEvent): void {
  const field = event.target;
  if (event.key !== "Enter" || event.isComposing || !(field instanceof HTMLInputElement)) return;
  event.preventDefault();
  if (field.form) field.form.requestSubmit();
  else field.dispatchEvent(new Event("change"));
}
