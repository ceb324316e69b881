/** A placeholder for a part that describing routes or metrics needs and never calls. */
export function anything<Part>(): Part {
  const part: unknown = new Proxy(() => undefined, {
    get: (_, name) => (name === 'then' || typeof name === 'symbol' ? undefined : anything()),
    apply: () => anything(),
  });
  return part as Part;
}
