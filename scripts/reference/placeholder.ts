/** A placeholder for a part that describing routes or metrics needs and never calls. */
export function placeholder<Part>(): Part {
  const part: unknown = new Proxy(() => undefined, {
    get: (_, name) => (name === 'then' || typeof name === 'symbol' ? undefined : placeholder()),
    apply: () => placeholder(),
  });
  return part as Part;
}
