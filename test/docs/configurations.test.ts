/**
 * Checks configuration in documents as a gateway or a centre checks it. The first line of a YAML block in a guide names its
 * file; the test fills in the shortest valid rest of that file.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configProblems } from '@forpost/shared/config/yaml.ts';
import { hashCredential } from '@forpost/shared/made-credential.ts';
import { randomPassword } from '@forpost/shared/password.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, parseDocument as parseYaml, stringify } from 'yaml';
import { loadCloud } from '../../cloud/config/load.ts';
import { judge } from '../../edge/config/judge.ts';
import { type CodeBlock, type Document, documents } from './documents.ts';

type Keys = Readonly<Record<string, unknown>>;

const marked = /^# ([\w.]+\.ya?ml)$/;
const ours = ['gateway.yaml', 'site.yaml', 'secrets.yaml', 'cloud.yaml'];
const hash = hashCredential(randomPassword());

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-docs-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const withBlocks = (language: string) =>
  documents.flatMap((document) =>
    document.blocks.filter((block) => block.language === language).map((block) => ({ document, block })),
  );
const placeOf = ({ document, block }: { document: Document; block: CodeBlock }) => `${document.path}:${block.line}`;
const fileOf = (block: CodeBlock) => marked.exec(block.text.split('\n')[0] ?? '')?.[1];

test('every JSON block of a document is valid JSON', () => {
  for (const shown of withBlocks('json')) expect(() => JSON.parse(shown.block.text), placeOf(shown)).not.toThrow();
});

test('every YAML block of a document is valid YAML, and in a guide it names its file', () => {
  for (const shown of withBlocks('yaml')) {
    expect(parseYaml(shown.block.text).errors, placeOf(shown)).toEqual([]);
    if (shown.document.path.startsWith('docs/guides/')) expect(fileOf(shown.block), placeOf(shown)).toBeDefined();
  }
});

test('every gateway configuration in a document passes the check', async () => {
  const problems: string[] = [];
  for (const shown of withBlocks('yaml').filter(({ block }) => ['gateway.yaml', 'site.yaml'].includes(kindOf(block))))
    problems.push(...(await problemsOfGateway(shown)).map((problem) => `${placeOf(shown)}: ${problem}`));
  expect(problems).toEqual([]);
});

test('every centre configuration in a document passes the check', () => {
  const problems = withBlocks('yaml')
    .filter(({ block }) => kindOf(block) === 'cloud.yaml')
    .flatMap((shown) => problemsOfCentre(shown.block).map((problem) => `${placeOf(shown)}: ${problem}`));
  expect(problems).toEqual([]);
});

test('every secret in a document belongs to a configuration on the same page', () => {
  const alone = withBlocks('yaml')
    .filter(({ block }) => kindOf(block) === 'secrets.yaml')
    .filter(({ document, block }) =>
      Object.entries(parse(block.text) as Readonly<Record<string, Keys>>).some(([section, secrets]) =>
        Object.keys(secrets).some((name) => !document.blocks.some((other) => names(other, section).includes(name))),
      ),
    );
  expect(alone.map(placeOf)).toEqual([]);
});

const kindOf = (block: CodeBlock) => ours.find((name) => name === fileOf(block)) ?? '';

/** Names in a block of gateway.yaml or site.yaml that a section of the secrets may use. */
function names(block: CodeBlock, section: string): readonly string[] {
  const kind = kindOf(block);
  if (kind !== 'gateway.yaml' && kind !== 'site.yaml') return [];
  const { uplink = [], evidence, cameras = [] } = parse(block.text) as Shown;
  if (section === 'cameras') return cameras.map(({ id }) => id);
  if (section !== 'uplink') return [];
  return [
    ...uplink.map(({ name, kind: sink }) => name ?? sink),
    ...(evidence?.receiver === undefined ? [] : ['evidence']),
  ];
}

interface Shown {
  readonly uplink?: readonly { readonly name?: string; readonly kind: string }[];
  readonly evidence?: { readonly receiver?: unknown };
  readonly cameras?: readonly { readonly id: string }[];
  readonly devices?: readonly { readonly id: string }[];
  readonly bridges?: readonly { readonly id: string }[];
  readonly consumers?: readonly { readonly id: string }[];
}

async function problemsOfGateway({ document, block }: { document: Document; block: CodeBlock }) {
  const shown = parse(block.text) as Shown & Keys;
  const isSite = kindOf(block) === 'site.yaml';
  const site = { site: { id: 'home', timezone: 'Europe/Berlin' }, devices: [], rules: [], ...(isSite ? shown : {}) };
  const gateway = {
    gateway: 'gw-1',
    data: 'data',
    site_file: 'site.yaml',
    secrets_file: 'secrets.yaml',
    uplink: [],
    mqtt: { port: 1883 },
    http: { port: 8080 },
  };
  const { devices = [], bridges = [], consumers = [] } = isSite ? shown : {};
  const clients = [...devices, ...bridges, ...consumers];
  const secrets = {
    console: {},
    mqtt: Object.fromEntries(clients.map(({ id }) => [id, hash])),
    ...secretsOf(document, block, 'cameras'),
    ...secretsOf(document, block, 'uplink'),
  };
  mkdirSync(join(folder, 'data'), { recursive: true });
  write('gateway.yaml', isSite ? gateway : overlaid(gateway, shown));
  write('site.yaml', site);
  write('secrets.yaml', secrets);
  return withoutFilesOfTheReader((await judge(join(folder, 'gateway.yaml'))).problems);
}

/** Merges the block into the base: absent sections keep their keys, partial ones have both. */
function overlaid(base: Readonly<Record<string, unknown>>, shown: Keys): Keys {
  const merged = Object.entries(shown).map(([key, value]) => {
    const before = base[key];
    const bothObjects = [before, value].every((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
    return [key, bothObjects ? { ...(before as Keys), ...(value as Keys) } : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

/** The secrets of the block's page. */
function secretsOf(document: Document, block: CodeBlock, section: string): Keys {
  const wanted = names(block, section);
  const all = document.blocks
    .filter((other) => kindOf(other) === 'secrets.yaml')
    .flatMap((other) => Object.entries((parse(other.text) as Readonly<Record<string, Keys>>)[section] ?? {}));
  const entries = all.filter(([name]) => wanted.includes(name));
  return entries.length === 0 ? {} : { [section]: Object.fromEntries(entries) };
}

function problemsOfCentre(block: CodeBlock): readonly string[] {
  const base = { data: 'data', http: { port: 8090 } };
  write('cloud.yaml', overlaid(base, parse(block.text) as Keys));
  try {
    loadCloud(join(folder, 'cloud.yaml'));
    return [];
  } catch (error) {
    const problems = configProblems(error);
    if (problems === undefined) throw error;
    return withoutFilesOfTheReader(problems);
  }
}

/** Certificates and keys in documents are the reader's own files: their absence is no problem. */
const withoutFilesOfTheReader = (problems: readonly string[]) =>
  problems.filter((problem) => !/\.(pem|crt|key) is not there$/.test(problem));

function write(name: string, content: Keys): void {
  writeFileSync(join(folder, name), stringify(content), { mode: 0o600 });
}
