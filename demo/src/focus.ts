/** A `ref` for what has come up because somebody asked for it: the browser's own `autofocus` works once for a page. */
export function focusAtOnce(element: HTMLElement | null): void {
  element?.focus();
}
