/**
 * Which modules a browser needs before the page's first paint: those that the first modules import statically, and what these
 * import. The page's document names them for preloading, so that the browser fetches them in parallel instead of one after
 * the other. A module that the page loads later, by `import('…')`, is not among them.
 *
 * Always: pure, apart from `sourceOf`. Imports of types do not count, because the gateway strips them.
 */

/** `import … from '…'`, `import '…'` and `export … from '…'`, also packed without spaces. */
const staticImports = /\b(?:import|export)\b(?!\s+type\b)(?:[^'"();]*?\bfrom\b)?\s*["']([^"']+)["']/g;

/**
 * Paths of `entries` and of all modules that they need, each once. `importMap`: paths by the name of a package, and by a
 * prefix that ends in a slash. `sourceOf`: the source of a path; undefined where no file is served there.
 */
export async function modulesBefore(
  entries: readonly string[],
  importMap: Readonly<Record<string, string>>,
  sourceOf: (path: string) => Promise<string | undefined>,
): Promise<readonly string[]> {
  const found = new Set<string>();
  let newest = entries;
  while (newest.length > 0) {
    const sources = await Promise.all(newest.map(async (path) => ({ path, source: await sourceOf(path) })));
    const served = sources.flatMap(({ path, source }) => (source === undefined ? [] : [{ path, source }]));
    for (const { path } of served) found.add(path);
    const imported = served.flatMap(({ path, source }) =>
      [...source.matchAll(staticImports)].map(([, name = '']) => pathOf(name, path, importMap)),
    );
    newest = [...new Set(imported)].filter((path) => !found.has(path));
  }
  return [...found];
}

function pathOf(name: string, importer: string, importMap: Readonly<Record<string, string>>): string {
  if (/^\.{0,2}\//.test(name)) return new URL(name, new URL(importer, 'http://page')).pathname;
  const whole = importMap[name];
  if (whole !== undefined) return whole;
  const prefix = Object.keys(importMap).find((key) => key.endsWith('/') && name.startsWith(key));
  return prefix === undefined ? name : `${importMap[prefix]}${name.slice(prefix.length)}`;
}
