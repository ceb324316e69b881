import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../test/steps.ts';
import { checkLayers } from './check.ts';
import { floors } from './rules.ts';

let checkout: string;
beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'forpost-layers-'));
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'));
});
afterAll(() => rm(checkout, { recursive: true, force: true }));

/** The rules that a checkout of exactly these files breaks. */
async function broken(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folders = ['shared', 'edge', 'cloud', 'scripts', 'test'];
  for (const folder of folders) await rm(join(checkout, folder), { recursive: true, force: true });
  for (const folder of folders) await mkdir(join(checkout, folder));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(checkout, path)), { recursive: true });
    await writeFile(join(checkout, path), text);
  }
  const { problems } = await checkLayers(checkout);
  return problems.map((problem) => problem.split('. ')[0] ?? '');
}

const one = 'export const one = 1;\n';

test('code that keeps the layers passes the check', async () => {
  expect(
    await broken({
      'shared/errors.ts': one,
      'edge/rules/cel.ts': "import { one } from '../../shared/errors.ts';\nexport const two = one + 1;\n",
      'edge/uplink/sinks/kafka.ts': "import kafkajs from 'kafkajs';\nexport const name = typeof kafkajs;\n",
    }),
  ).toEqual([]);
});

test.each([
  ['the gateway imports the centre', 'edge/gateway.ts', 'cloud/service.ts', 'edge-knows-no-cloud'],
  ['the centre imports the gateway', 'cloud/service.ts', 'edge/gateway.ts', 'cloud-knows-no-edge'],
  ['shared code imports a program', 'shared/tls.ts', 'edge/gateway.ts', 'shared-is-the-ground'],
  ['a program imports a script', 'edge/gateway.ts', 'scripts/tool.ts', 'product-knows-no-tools'],
  ['a program imports a helper of tests', 'edge/gateway.ts', 'edge/testing/site.ts', 'product-knows-no-tools'],
])('a forbidden import is named: %s', async (_, from, to, rule) => {
  const back = from.split('/').map(() => '..');
  const path = [...back.slice(1), to].join('/');
  expect(
    await broken({
      [to]: one,
      [from]: `import { one } from '${path.startsWith('.') ? path : `./${path}`}';\nexport const two = one;\n`,
    }),
  ).toEqual([`${rule}: ${from} → ${to}`]);
});

test('an import of a type counts as an import', async () => {
  expect(
    await broken({
      'cloud/service.ts': 'export interface Service {}\n',
      'edge/gateway.ts': "import type { Service } from '../cloud/service.ts';\nexport type Two = Service;\n",
    }),
  ).toEqual(['edge-knows-no-cloud: edge/gateway.ts → cloud/service.ts']);
});

test('the check names an import of a library outside the folder of its seam', async () => {
  const problems = await broken({
    'edge/broker/broker.ts': "import kafkajs from 'kafkajs';\nexport const name = typeof kafkajs;\n",
  });
  expect(problems).toEqual([expect.stringContaining('kafkajs-in-one-place: edge/broker/broker.ts')]);
});

test('the check names the files of an import circle', async () => {
  const problems = await broken({
    'edge/a.ts': "import { one } from './b.ts';\nexport const two = () => one;\n",
    'edge/b.ts': "import { two } from './a.ts';\nexport const one = () => two;\n",
  });
  expect(problems).toContain('no-circle: edge/a.ts → edge/b.ts → edge/a.ts');
});

test('the check names an import of a missing file', async () => {
  expect(await broken({ 'edge/a.ts': "import { one } from './gone.ts';\nexport const two = one;\n" })).toEqual([
    'resolved: edge/a.ts → ./gone.ts',
  ]);
});

test.each(Object.entries(floors))('every folder and file of %s/ has one floor', async (side, ofSide) => {
  const tracked = execFileSync('git', ['ls-files', `${side}/`], { cwd: root, encoding: 'utf8' }).split('\n');
  const names = tracked
    .filter((path) => /\.(ts|tsx)$/.test(path) && !path.endsWith('.test.ts'))
    .map((path) => path.split('/')[1] ?? '');
  // the browser's code and the helpers of tests have rules of their own
  const apart = ['testing', 'web'].filter((name) => names.includes(name));
  expect([...ofSide.flat(), ...apart].sort()).toEqual([...new Set(names)].sort());
});

test('the check refuses an import from a higher floor or a neighbour, and allows lower floors', async () => {
  expect(
    await broken({
      'cloud/kafka/client.ts': one,
      'cloud/history/store.ts': "import { one } from '../kafka/client.ts';\nexport const two = one;\n",
      'cloud/notify/notifier.ts': "import { two } from '../history/store.ts';\nexport const three = two;\n",
      'cloud/access/users.ts': "import { three } from '../notify/notifier.ts';\nexport const four = three;\n",
    }),
  ).toEqual([
    'no-arrow-upwards: cloud/access/users.ts → cloud/notify/notifier.ts',
    'no-arrow-upwards: cloud/notify/notifier.ts → cloud/history/store.ts',
  ]);
});
