/**
 * Reads SOAP texts of devices tolerantly, whatever prefixes and charsets they use. The parser is the ONVIF library's
 * (xml2js on sax: it reads no DTD and expands no entity).
 *
 * Always: a text that is not SOAP, or is too large, gives undefined and throws nothing.
 */
import utils from 'onvif/lib/utils.js';

/** An element: its text alone, or its children by name, each a list. Attributes stand in `$`, its own text in `_`. */
export type Element = string | { readonly [name: string]: readonly Element[] | unknown };

/** The parser strips namespaces with a pattern whose time grows with the square of their number. */
const mostNamespaces = 2_000;

interface Envelope {
  readonly body: Element;
  readonly header: Element;
  /** what the device refuses, in its own words; undefined: no fault */
  readonly fault: string | undefined;
}

export function readSoap(text: string): Envelope | undefined {
  if (text.split('xmlns', mostNamespaces + 1).length > mostNamespaces) return undefined;
  let read: Envelope | undefined;
  // the parser reports some mistakes twice, others by an exception
  try {
    utils.parseSOAPString(text, (error: Error | null, bodies: unknown, _xml: string) => {
      if (read !== undefined || !Array.isArray(bodies)) return;
      const body = bodies[0] as Element;
      if (error !== null && error !== undefined && children(body, 'fault').length === 0) return;
      const fault = children(body, 'fault')[0];
      read = { body, header: '', fault: fault === undefined ? undefined : allText(fault).slice(0, 500) };
    });
  } catch {
    return undefined;
  }
  return read;
}

/** The elements at a path, as `children(body, 'probeMatches', 'probeMatch')`. Names begin with a small letter. */
export function children(element: Element | undefined, ...path: readonly string[]): readonly Element[] {
  let found: readonly Element[] = element === undefined ? [] : [element];
  for (const name of path)
    found = found.flatMap((one) => {
      const inner = typeof one === 'object' && one !== null ? one[name] : undefined;
      return Array.isArray(inner) ? (inner as Element[]) : [];
    });
  return found;
}

/** The text of the first element at a path; empty: there is none. */
export function textAt(element: Element | undefined, ...path: readonly string[]): string {
  const found = children(element, ...path)[0];
  if (typeof found === 'string') return found.trim();
  const own = found === undefined || found === null ? undefined : found._;
  return typeof own === 'string' ? own.trim() : '';
}

/** The number at a path; 0: there is none. */
export function numberAt(element: Element | undefined, ...path: readonly string[]): number {
  const value = Number(textAt(element, ...path) || Number.NaN);
  return Number.isFinite(value) && value > 0 ? value : 0;
}

export function attribute(element: Element, name: string): string {
  const attributes = typeof element === 'object' && element !== null ? element.$ : undefined;
  const value = (attributes as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : '';
}

const deepest = 12;

/** All texts within an element, in their order. */
function allText(element: Element, depth = 0): string {
  if (typeof element === 'string') return element;
  if (depth > deepest || element === null) return '';
  return Object.entries(element)
    .filter(([name]) => name !== '$')
    .flatMap(([, inner]) => (Array.isArray(inner) ? inner : [inner]))
    .map((inner) => allText(inner as Element, depth + 1))
    .join(' ');
}

/** Bytes of a device as text: by the byte order mark, the charset of the header, or the XML's own declaration. */
export function decoded(bytes: Uint8Array, contentType = ''): string {
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  const marked = head.startsWith('\xff\xfe') ? 'utf-16le' : head.startsWith('\xfe\xff') ? 'utf-16be' : undefined;
  const named =
    /charset\s*=\s*"?([\w-]+)/i.exec(contentType)?.[1] ?? /^<\?xml[^>]*encoding\s*=\s*["']([\w-]+)/.exec(head)?.[1];
  try {
    return new TextDecoder(marked ?? named ?? 'utf-8').decode(bytes);
  } catch {
    // an unknown charset
    return new TextDecoder().decode(bytes);
  }
}
