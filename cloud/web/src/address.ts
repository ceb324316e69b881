/**
 * The address of the centre's API: beside the page, under the path that a proxy gives it. The document names that path
 * where the centre knows it; otherwise the path of the document itself counts.
 */
function base(): string {
  if (typeof document === 'undefined') return '';
  const path = document.querySelector<HTMLMetaElement>('meta[name="forpost-base"]')?.content;
  return path ?? new URL('.', document.baseURI).pathname.replace(/\/$/, '');
}

/** The browser's address of an API path (/api/v1/…). */
export function addressOf(path: string): string {
  return `${base()}${path}`;
}
