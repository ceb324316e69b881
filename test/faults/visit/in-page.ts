/**
 * Functions that run in the page (`page.evaluate`), each complete in itself: the browser gets its text alone. The types are
 * the few that they use of the DOM, because this project's tests are compiled without it.
 */
interface PageElement {
  /** set here: Tab has reached it */
  walked?: boolean;
  readonly tagName: string;
  readonly id: string;
  readonly className: string;
  readonly textContent: string | null;
  readonly name?: string;
  readonly type?: string;
  getAttribute(name: string): string | null;
  getBoundingClientRect(): {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
  compareDocumentPosition(other: unknown): number;
  contains(other: PageElement): boolean;
  closest(selector: string): PageElement | null;
  checkVisibility(options: { readonly visibilityProperty: boolean }): boolean;
  blur(): void;
}
declare const document: {
  readonly activeElement: PageElement | null;
  readonly body: PageElement;
  readonly documentElement: { readonly scrollWidth: number };
  elementFromPoint(x: number, y: number): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
};
declare const window: {
  readonly innerWidth: number;
  readonly innerHeight: number;
  scrollTo(x: number, y: number): void;
  getSelection(): { collapse(at: PageElement, offset: number): void } | null;
  getComputedStyle(of: PageElement): { outlineStyle: string; outlineWidth: string; boxShadow: string };
};

/** Where the element is, as seen from the one with the focus. */
export function wayFromFocus(element: unknown): 'here' | 'back' | 'forth' {
  const { activeElement } = document;
  if (activeElement === element) return 'here';
  const preceding = 2;
  return ((activeElement?.compareDocumentPosition(element) ?? 0) & preceding) === 0 ? 'forth' : 'back';
}

export function toMiddle(element: { scrollIntoView(options: { block: 'center' }): void }): void {
  element.scrollIntoView({ block: 'center' });
}

export function hasFocus(): boolean {
  return document.activeElement !== null && document.activeElement !== document.body;
}

/** px by which the page is wider than the screen */
export function excessWidth(): number {
  return document.documentElement.scrollWidth - window.innerWidth;
}

/** Forgets an earlier walk; the next Tab goes to the page's first element. */
export function toPageStart(): void {
  // the page's head stays from place to place
  for (const element of document.querySelectorAll('*')) element.walked = false;
  document.activeElement?.blur();
  window.scrollTo(0, 0);
  window.getSelection()?.collapse(document.body, 0);
}

/** Marks the element with the focus, and returns a sentence for each fault of it. Undefined: the walk is over. */
export function stepHere(): readonly string[] | undefined {
  const element = document.activeElement;
  if (element === null || element === document.body || element.walked === true) return undefined;
  element.walked = true;
  const text = (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40);
  const what = `${element.tagName.toLowerCase()} «${text === '' ? element.id : text}»`;
  const { outlineStyle, outlineWidth, boxShadow } = window.getComputedStyle(element);
  const isVisible = (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
  const { left, top, width, height } = element.getBoundingClientRect();
  const over = document.elementFromPoint(left + width / 2, top + Math.min(height, window.innerHeight) / 2);
  const isCovered =
    over !== null && !element.contains(over) && !over.contains(element) && over.closest('label') === null;
  return [
    ...(isVisible ? [] : [`${what} does not show that it has the focus`]),
    ...(isCovered ? [`${what} has the focus behind ${over.tagName.toLowerCase()} ${over.className}`] : []),
  ];
}

/** What can be used and did not get the focus. Of a group of radio buttons one is enough. */
export function notWalked(): readonly string[] {
  const usable = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea, summary';
  const all = [...document.querySelectorAll(usable)];
  const groups = new Set(all.filter(({ walked, type }) => walked === true && type === 'radio').map(({ name }) => name));
  return all
    .filter((one) => one.walked !== true && one.checkVisibility({ visibilityProperty: true }))
    .filter(({ type, name }) => type !== 'radio' || !groups.has(name))
    .map((one) => {
      const text = (one.textContent ?? '').trim().slice(0, 40);
      return `${one.tagName.toLowerCase()} «${text === '' ? one.id : text}» is not reached by Tab`;
    });
}
