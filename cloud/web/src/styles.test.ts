import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const source = fileURLToPath(new URL('.', import.meta.url));
const sheets = join(createRequire(import.meta.url).resolve('@mantine/core/styles.css'), '../styles');
const components = fileURLToPath(new URL('../../../node_modules/@mantine/core/esm/components/', import.meta.url));
const imported = new Set(
  [...readFileSync(join(source, 'styles.ts'), 'utf8').matchAll(/styles\/(\w+)\.css/g)].map(([, name = '']) => name),
);

/** Names of the components that the page's files import. */
function used(): readonly string[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tsx'));
  const names = files.flatMap((name) =>
    [...readFileSync(join(source, name), 'utf8').matchAll(/import \{([^}]*)\} from '@mantine\/core'/g)].flatMap(
      ([, list = '']) => list.split(',').map((one) => one.trim()),
    ),
  );
  return [...new Set(names)].filter((name) => existsSync(join(components, name)));
}

/** The component and all components that it imports, directly or indirectly. */
function withParts(name: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  const folder = join(components, name);
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.mjs'))
      for (const [, part = ''] of readFileSync(join(folder, file), 'utf8').matchAll(/from "(?:\.\.\/)+([A-Z]\w+)\//g))
        if (existsSync(join(components, part))) withParts(part, seen);
  return seen;
}

test('the page has the styles of every component that it uses, and of that component’s parts', () => {
  expect(used()).toContain('Button');
  const parts = new Set(used().flatMap((name) => [...withParts(name)]));
  expect(parts).toContain('Combobox');
  const missing = [...parts].filter((name) => existsSync(join(sheets, `${name}.css`)) && !imported.has(name));
  expect(missing).toEqual([]);
});
