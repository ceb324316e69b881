/** Checks of every text in every language. A key that only a test uses counts as unused. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type MessageFormatElement, parse, TYPE } from '@formatjs/icu-messageformat-parser';
import { beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from './catalogue/all.ts';
import { type Language, languages, localeOf } from './language.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const english: Readonly<Record<string, Readonly<Record<string, string>>>> = catalogue.en;

describe('the catalogue of texts', () => {
  let used: ReadonlyMap<string, string>;
  beforeAll(async () => {
    used = await usedKeys();
  });

  it.each(languages)('has every text in %s', (language) => {
    expect(keysOf(language)).toEqual(keysOf('en'));
  });

  it.each(languages)('has the same placeholders of the same kinds in %s as in English', (language) => {
    const differing = keysOf('en').filter((key) => {
      const [mine, reference] = [placeholders(textOf(language, key)), placeholders(textOf('en', key))];
      return JSON.stringify(mine) !== JSON.stringify(reference);
    });
    expect(differing).toEqual([]);
  });

  it.each(languages)('has all plural forms of %s, in every plural', (language) => {
    const forms = new Intl.PluralRules(localeOf(language)).resolvedOptions().pluralCategories.toSorted();
    const lacking = keysOf(language).filter((key) =>
      plurals(parse(textOf(language, key), { ignoreTag: true })).some((options) =>
        forms.some((form) => !options.includes(form)),
      ),
    );
    expect(lacking).toEqual([]);
  });

  it.each(languages)('has no text in %s that is empty, or begins or ends with a space', (language) => {
    expect(keysOf(language).filter((key) => textOf(language, key).trim() !== textOf(language, key))).toEqual([]);
    expect(keysOf(language).filter((key) => textOf(language, key) === '')).toEqual([]);
  });

  it('has no English word in Russian, except names, settings, commands and terms of a protocol', () => {
    const found = keysOf('ru').flatMap((key) => latinWords(textOf('ru', key)).map((word) => `${key}: ${word}`));
    expect(found.filter((one) => !notTranslated.has(one.slice(one.indexOf(': ') + 2)))).toEqual([]);
  });

  it('has no unused text', () => {
    // other programs use those of `foreign`
    const ours = keysOf('en').filter((key) => !key.startsWith('foreign/'));
    expect(ours.filter((key) => !used.has(key))).toEqual([]);
  });

  it('has every used text', () => {
    const known = new Set(keysOf('en'));
    expect([...used].filter(([key]) => !known.has(key)).map(([key, file]) => `${key} (${file})`)).toEqual([]);
  });

  it('fails this check when a text is missing', () => {
    expect(placeholders('{a} {n, plural, one {# {b}} other {#}}')).toEqual(['a: text', 'b: text', 'n: plural']);
    expect(plurals(parse('{n, plural, one {#} few {#} other {#}}'))).toEqual([['one', 'few', 'other']]);
    expect(keysIn(`t('alarm/a.b'); html\`\${t("common/c")}\`; 'shared/texts/alarm/x'`)).toEqual([
      'alarm/a.b',
      'common/c',
    ]);
  });
});

/** Words that a Russian text leaves as they are. */
const notTranslated: ReadonlySet<string> = new Set([
  // names
  ...[
    'Forpost',
    'Shelly',
    'Tasmota',
    'Zigbee',
    // keys
    'Shift',
    'Enter',
    'Backspace',
    'hostnamectl',
    'nmcli',
    'timedatectl',
    'Kafka',
    'ClickHouse',
    'kafkajs',
    'JavaScript',
    'ffmpeg',
    'nginx',
    'Basic',
    'Digest',
    'Main',
    'Host',
  ],
  ...['smartctl', 'smartmontools', 'vcgencmd', 'fsck', 'eMMC', 'root', 'video', 'smart'],
  // commands of a shell
  ...[
    'forpost',
    'cloud',
    'user',
    'add',
    'gateway',
    'devices',
    'password',
    'npm',
    'run',
    'web',
    'rebuild',
    'replay',
    'site',
    'apply',
    'check',
  ],
  // settings and fields of the API, and their values
  ...[
    'commands',
    'evidence',
    'from',
    'to',
    'cursor',
    'limit',
    'step',
    'transport',
    'udp',
    'over',
    'url',
    'fingerprint',
  ],
  ...['confirmations', 'when', 'stale', 'implausible', 'bad', 'true', 'false', 'keys', 'tls', 'sasl', 'key', 'version'],
  ...['kafka', 'development', 'data', 'source', 'clock', 'synced', 'unsynced', 'lane', 'alerts', 'telemetry'],
  ...['sequence', 'specversion', 'uptime', 'Code', 'gateways', 'refused', 'after', 'wait', 'move', 'bytes', 'compact'],
  ...['Authorization', 'Bearer', 'zstd', 'identity'],
  // terms and units
  ...['last', 'will', 'retain', 'client', 'id', 'ppm', 'ppb', 'xx', 'deadletter'],
  // of a gateway: names, commands, settings, fields of a device's message, functions of conditions
  ...['Docker', 'Kubernetes', 'emptyDir', 'medium', 'Memory', 'onnxruntime', 'gRPC', 'KServe'],
  ...['Open', 'Inference', 'Protocol', 'NaN', 'height', 'width]'],
  ...['chmod', 'chown', 'config', 'topics', 'model', 'token', 'site', 'history', 'apply"'],
  ...['clock', 'trusted', 'receiver', 'uplink', 'brokers', 'until', 'left', 'right', 'up', 'down'],
  ...['values', 'quality', 'type', 'ETag', 'method', 'params', 'null', 'online', 'Online', 'Offline'],
  ...['all', 'exists', 'map', 'join', 'has', 'int', 'uint', 'bool', 'optional', 'or', 'substring', 'timestamp'],
  // a section of the site's document
  'actions',
  // of configuration files: sections, keys and their values; programs that write files, and signs of their forms
  ...['above', 'below', 'ca', 'cameras', 'certificate', 'clear', 'console', 'device', 'format', 'message', 'mqtt'],
  ...['plain', 'publish', 'role', 'subscribe', 'tcp', 'viewers', 'prefix%', 'topic%'],
  ...['Shelly', 'Tasmota', 'Client'],
  ...['Notepad', 'PowerShell', 'Encoding', 'x', 'rotate'],
  // keys of a keyboard
  ...['Shift', 'Enter', 'Backspace'],
]);

/** The Latin words of a text: neither acronyms, nor paths, names of files and settings with a sign in them. */
function latinWords(text: string): string[] {
  const words = (elements: readonly MessageFormatElement[]): string[] =>
    elements.flatMap((element) => {
      if (element.type === TYPE.literal) return element.value.match(/[A-Za-z][^\s,«»";()!?]*/g) ?? [];
      if (element.type !== TYPE.select && element.type !== TYPE.plural) return [];
      return Object.values(element.options).flatMap(({ value }) => words(value));
    });
  return words(parse(text, { ignoreTag: true }))
    .map((word) => word.replace(/[.:]+$/, ''))
    .filter((word) => !/[._/:$=\d-]/.test(word) && word !== word.toUpperCase());
}

function keysOf(language: Language): string[] {
  return Object.entries(catalogue[language]).flatMap(([part, texts]) =>
    Object.keys(texts)
      .toSorted()
      .map((name) => `${part}/${name}`),
  );
}

function textOf(language: Language, key: string): string {
  const parts: typeof english = catalogue[language];
  const at = key.indexOf('/');
  return parts[key.slice(0, at)]?.[key.slice(at + 1)] ?? '';
}

/** The placeholders as `name: kind`, each once; without `about`, a description from a schema: only English has those. */
function placeholders(text: string): string[] {
  const found = new Set<string>();
  const walk = (elements: readonly MessageFormatElement[]) => {
    for (const element of elements) {
      if (element.type === TYPE.argument) found.add(`${element.value}: text`);
      if (element.type === TYPE.number) found.add(`${element.value}: number`);
      if (element.type === TYPE.select)
        found.add(`${element.value}: select ${Object.keys(element.options).toSorted().join(' ')}`);
      if (element.type === TYPE.plural) found.add(`${element.value}: plural`);
      if (element.type === TYPE.select || element.type === TYPE.plural)
        for (const { value } of Object.values(element.options)) walk(value);
    }
  };
  walk(parse(text, { ignoreTag: true }));
  return [...found].filter((one) => one !== 'about: text').toSorted();
}

/** The forms of each plural in a message. */
function plurals(elements: readonly MessageFormatElement[]): string[][] {
  return elements.flatMap((element) => {
    if (element.type !== TYPE.plural && element.type !== TYPE.select) return [];
    const within = Object.values(element.options).flatMap(({ value }) => plurals(value));
    return element.type === TYPE.plural ? [Object.keys(element.options), ...within] : within;
  });
}

function keysIn(source: string): string[] {
  const parts = Object.keys(english).join('|');
  return [...source.matchAll(new RegExp(`['"\`]((?:${parts})/[a-z0-9.-]+)['"\`]`, 'g'))].map(([, key]) => key ?? '');
}

/** Every key that a program uses, with one file that uses it. */
async function usedKeys(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const folder of ['shared', 'edge', 'cloud', 'scripts'])
    for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !/\.tsx?$/.test(file) || /\.test\.|[\\/](node_modules|dist)[\\/]/.test(file)) continue;
      for (const key of keysIn(await readFile(file, 'utf8'))) found.set(key, file.slice(root.length));
    }
  return found;
}
