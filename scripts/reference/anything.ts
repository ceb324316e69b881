/** Stands for a part that is needed to describe routes or metrics and that is never asked anything. */
export function anything<Part>(): Part {
  const part: unknown = new Proxy(() => undefined, {
    get: (_, name) => (name === 'then' || typeof name === 'symbol' ? undefined : anything()),
    apply: () => anything(),
  });
  return part as Part;
}
