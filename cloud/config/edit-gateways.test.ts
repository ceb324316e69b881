/** The edits of `forpost cloud gateway …`, and the reload of a running centre. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expectRussian } from '@forpost/shared/texts/testing/untranslated.ts';
import { expect, onTestFinished, test } from 'vitest';
import { giveToken, listGateways, refuseGateway, removeGateway } from './edit-gateways.ts';
import { loadCloud } from './load.ts';
import { ReloadedConfig } from './reload.ts';

const written = `# ours
data: centre
http: { port: 8090 } # the page
gateways:
  # the barn
  barn: { limits: { alerts_per_second: 7 } }
`;

function aFile(text = written): string {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-gateways-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'cloud.yaml');
  writeFileSync(file, text);
  return file;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('a token is made, shown once and kept as its hash; comments and order of the file stay', () => {
  const file = aFile();
  const token = giveToken(file, 'barn');
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(listGateways(file)).toEqual({ barn: { limits: { alerts_per_second: 7 }, token_sha256: sha256(token) } });
  expect(readFileSync(file, 'utf8')).toMatch(
    /^# ours\ndata: centre\nhttp: \{ port: 8090 \} # the page\ngateways:\n {2}# the barn\n/,
  );
  expect(readFileSync(file, 'utf8')).not.toContain(token);
  refuseGateway(file, 'barn', true);
  refuseGateway(file, 'stolen', true);
  expect(listGateways(file)).toMatchObject({ barn: { refused: true }, stolen: { refused: true } });
  refuseGateway(file, 'barn', false);
  removeGateway(file, 'stolen');
  expect(Object.keys(listGateways(file).barn ?? {})).toEqual(['limits', 'token_sha256']);
  expect(giveToken(aFile('data: centre\nhttp: {}\n'), 'new')).not.toBe(token);
});

test('a wrong argument is refused with the reason, and the file stays unchanged', () => {
  const file = aFile();
  expect(() => giveToken(file, 'Not An Id')).toThrow('is no gateway');
  expect(() => removeGateway(file, 'bran')).toThrow(/names no gateway "bran".*barn/);
  const broken = aFile('data: 7\nhttp: {}\n');
  expect(() => giveToken(broken, 'barn')).toThrow(/cloud\.yaml:1:/);
  expect([readFileSync(file, 'utf8'), readFileSync(broken, 'utf8')]).toEqual([written, 'data: 7\nhttp: {}\n']);
});

test('a running centre applies gateways, tokens and limits; a file with a mistake changes nothing and is reported', () => {
  const file = aFile();
  const reloaded = new ReloadedConfig({ file, config: loadCloud(file), logger: silentLogger() });
  const before = reloaded.gateways;
  expect(reloaded.limitsOf('barn').alerts_per_second).toBe(7);
  const token = giveToken(file, 'barn');
  expect(reloaded.gateways).toBe(before);
  reloaded.run();
  expect(reloaded.gateways).toMatchObject({ barn: { token_sha256: sha256(token) } });
  writeFileSync(file, `${readFileSync(file, 'utf8').replace(': 7', ': 9')}limits: { events_per_second: 3 }\n`);
  reloaded.run();
  expect([reloaded.limitsOf('barn'), reloaded.limitsOf('other')]).toMatchObject([
    { alerts_per_second: 9, events_per_second: 3 },
    { alerts_per_second: 50, events_per_second: 3 },
  ]);
  const right = readFileSync(file, 'utf8');
  writeFileSync(file, `${right}surprise: 1\n`);
  const kept = reloaded.gateways;
  reloaded.run();
  expect(reloaded.gateways).toBe(kept);
  expect(reloaded.problems().map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /the reload found mistakes in cloud\.yaml, and the configuration from before stays in use: .*cloud\.yaml:\d+:/,
    ),
  ]);
  for (const { message, message_i18n } of reloaded.problems())
    expect(expectRussian(message_i18n, message)).toMatch(/cloud\.yaml:\d+:\d+ ошибка.*forpost check/);
  writeFileSync(file, right);
  reloaded.run();
  expect(reloaded.problems()).toEqual([]);
});
