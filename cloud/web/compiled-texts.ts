/**
 * A plugin of Vite: parses the texts of the catalogue while the page is built, so that no browser loads the parser of
 * ICU messages (11 kB) or runs it. intl-messageformat takes a parsed message where a text may stand.
 */
import { fileURLToPath } from 'node:url';
import { parse } from '@formatjs/icu-messageformat-parser';
import type { Plugin } from 'vite';

const catalogue = fileURLToPath(new URL('../../shared/texts/catalogue/', import.meta.url));

export function compiledTexts(): Plugin {
  return {
    name: 'compiled-texts',
    apply: 'build',
    config: () => ({
      resolve: {
        alias: [
          {
            find: /^@formatjs\/icu-messageformat-parser$/,
            replacement: '@formatjs/icu-messageformat-parser/no-parser.js',
          },
        ],
      },
    }),
    async load(id) {
      if (!id.startsWith(catalogue)) return null;
      const exported = Object.entries((await import(id)) as Readonly<Record<string, Readonly<Record<string, string>>>>);
      return exported.map(([name, texts]) => `export const ${name} = ${JSON.stringify(parsed(texts))};`).join('\n');
    },
  };
}

function parsed(texts: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, parse(text, { ignoreTag: true })]));
}
