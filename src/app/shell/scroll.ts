/** Brings a part of the page into view, at once for people who asked their system for less motion. */
export function bringIntoView(element: Element | null, block: ScrollLogicalPosition = 'start'): void {
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  element?.scrollIntoView({ block, behavior: calm ? 'auto' : 'smooth' });
}
