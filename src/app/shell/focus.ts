/** Moves the focus to a heading or a button that may have come or been enabled just now; `false` where there is none. */
export function moveFocus(target: Element | null | undefined, options?: FocusOptions): boolean {
  if (!(target instanceof HTMLElement) || !target.isConnected) return false;
  target.focus(options);
  return document.activeElement === target;
}
