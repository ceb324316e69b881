import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startApi } from '../testing/api.ts';

describe('the page', () => {
  test('is served with a strict policy, and no file outside its folder is served', async () => {
    const webFolder = await mkdtemp(join(tmpdir(), 'forpost-page-'));
    onTestFinished(() => rm(webFolder, { recursive: true }));
    await writeFile(join(webFolder, 'index.html'), '<!doctype html><title>desk</title>');
    const { app } = await startApi({ webFolder });
    const page = await app.inject('/');
    expect([page.statusCode, page.headers['cache-control']]).toEqual([200, 'no-cache']);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    expect(page.headers['x-content-type-options']).toBe('nosniff');
    for (const url of ['/../package.json', '/%2e%2e/package.json', '/..%2fpackage.json'])
      expect((await app.inject(url)).statusCode).toBeGreaterThanOrEqual(400);
  });

  test('is sent packed to a browser that accepts it, and plain to another one', async () => {
    const webFolder = await mkdtemp(join(tmpdir(), 'forpost-page-'));
    onTestFinished(() => rm(webFolder, { recursive: true }));
    await writeFile(join(webFolder, 'index.html'), '<!doctype html>');
    await mkdir(join(webFolder, 'assets'));
    for (const [name, text] of Object.entries({ 'a.js': 'plain', 'a.js.br': 'brotli', 'a.js.gz': 'gzip' }))
      await writeFile(join(webFolder, 'assets', name), text);
    const { app } = await startApi({ webFolder });
    const asked = async (encoding: string) => {
      const { body, headers } = await app.inject({ url: '/assets/a.js', headers: { 'accept-encoding': encoding } });
      expect([headers['content-type'], headers.vary]).toEqual([
        expect.stringContaining('javascript'),
        'accept-encoding',
      ]);
      return [body, headers['content-encoding']];
    };
    expect(await asked('gzip, deflate, br')).toEqual(['brotli', 'br']);
    expect(await asked('gzip')).toEqual(['gzip', 'gzip']);
    expect(await asked('identity')).toEqual(['plain', undefined]);
  });

  test('that is not built says how to build it', async () => {
    const { app } = await startApi();
    const answer = await app.inject('/');
    expect([answer.statusCode, answer.json().detail]).toEqual([503, expect.stringContaining('npm run web')]);
  });
});
