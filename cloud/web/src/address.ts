/**
 * Where the centre's API is from this page: beside it, under whatever path a proxy gives it. The document says that path
 * where the centre knows it; else it is where the document itself came from.
 */
function base(): string {
  if (typeof document === 'undefined') return '';
  const told = document.querySelector<HTMLMetaElement>('meta[name="forpost-base"]')?.content;
  return told ?? new URL('.', document.baseURI).pathname.replace(/\/$/, '');
}

/** The address of `path` (/api/v1/…) for a browser to ask. */
export function addressOf(path: string): string {
  return `${base()}${path}`;
}
