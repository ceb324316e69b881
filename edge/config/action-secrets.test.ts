import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { writeActionSecret } from './action-secrets.ts';

test('the token of a webhook is written, replaced and removed; comments and other secrets stay, and nobody else may read the file', () => {
  const data = mkdtempSync(join(tmpdir(), 'forpost-action-secrets-'));
  onTestFinished(() => rmSync(data, { recursive: true }));
  const file = { secrets_file: join(data, 'secrets.yaml'), data };
  writeFileSync(file.secrets_file, '# of the farm\nmqtt: {}\nconsole: { anna: hash }\n', { mode: 0o600 });
  const now = () => parse(readFileSync(file.secrets_file, 'utf8')).actions;
  writeActionSecret(file, 'siren', 'token', 'one');
  expect(now()).toEqual({ siren: { token: 'one' } });
  writeActionSecret(file, 'siren', 'token', 'two');
  writeActionSecret(file, 'lamp', 'token', 'three');
  expect(now()).toEqual({ siren: { token: 'two' }, lamp: { token: 'three' } });
  writeActionSecret(file, 'siren', 'token', '');
  writeActionSecret(file, 'never', 'token', '');
  expect(now()).toEqual({ lamp: { token: 'three' } });
  const text = readFileSync(file.secrets_file, 'utf8');
  expect(text).toContain('# of the farm');
  expect(text).toContain('anna: hash');
  expect(statSync(file.secrets_file).mode & 0o777).toBe(0o600);
});
