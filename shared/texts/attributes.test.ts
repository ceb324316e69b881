/** The attributes of both pages that people read or hear: their texts come from the catalogue, as all others do. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = ['edge/console/page', 'edge/console/page-assets.ts', 'cloud/web/src', 'cloud/web/index.html'];

/** An attribute or property with a literal value: title="Close", label={'Close'}, title=${'Close'}, placeholder={`Close`}. */
const attribute =
  /(?<![\w.-])(title|aria-label|ariaLabel|aria-description|aria-valuetext|placeholder|alt|label|description)\s*=\s*(?:"([^"]*)"|'([^']*)'|\$?\{\s*(?:"([^"]*)"|'([^']*)'|`([^`]*)`)\s*\})/g;

/** Examples of what a person types: the same in every language. */
const examples: ReadonlySet<string> = new Set(['hour &gt;= 22 || hour &lt; 6', 'sha256:…']);

/** The literal texts of attributes in a source: words outside of placeholders. */
function literalTexts(source: string): readonly string[] {
  return [...source.matchAll(attribute)].flatMap(([, name = '', ...values]) => {
    const text = values.find((value) => value !== undefined) ?? '';
    const own = text.replaceAll(/\$\{[^}]*\}/g, '');
    return /\p{L}{2}/u.test(own) && !examples.has(text) ? [`${name}: ${text}`] : [];
  });
}

test('no tooltip, label or placeholder of a page is written in its source', async () => {
  const found: string[] = [];
  let files = 0;
  for (const page of pages) {
    const entries = /\.[a-z]+$/.test(page)
      ? [page]
      : (await readdir(join(root, page), { recursive: true })).map((file) => join(page, file));
    for (const file of entries.filter((one) => /\.(tsx?|html)$/.test(one) && !/\.test\.|[\\/]testing[\\/]/.test(one))) {
      files++;
      const source = (await readFile(join(root, file), 'utf8')).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
      found.push(...literalTexts(source).map((text) => `${file} ${text}`));
    }
  }
  expect(found).toEqual([]);
  expect(files).toBeGreaterThan(60);
});

test('a literal tooltip, label or placeholder in any form is found, and one from the catalogue is not', () => {
  const sign = '$';
  const placeholder = `${sign}{name}`;
  const sources = [
    '<button title="Close">',
    "<input placeholder='Your name' />",
    "<b aria-label={'Close'}>",
    `<b aria-label={\`Close ${placeholder}\`}>`,
    `html\`<b title=${sign}{'Close'}>\``,
  ];
  expect(sources.flatMap(literalTexts)).toHaveLength(sources.length);
  const fine = [
    "<b title={t('centre-page/close')}>",
    `<b aria-label=${sign}{t("x/y")}>`,
    `<b title={\`${placeholder}: ${placeholder}\`}>`,
  ];
  expect(fine.flatMap(literalTexts)).toEqual([]);
});
