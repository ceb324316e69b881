/** The files of the gateway's page, as a browser gets them. */
import { get } from 'node:http';
import { expect, test } from 'vitest';
import { consoleServersForEachTest, start } from './testing/server.ts';

consoleServersForEachTest();

test('the page comes from the gateway alone, under a content security policy that allows no other script', async () => {
  const { url } = await start();
  const answer = await fetch(url);
  const html = await answer.text();
  expect(html).not.toMatch(/https?:\/\//);
  expect(html).not.toMatch(/\son[a-z]+=|style=/);
  expect(answer.headers.get('content-security-policy')).toMatch(/script-src 'self' 'sha256-/);
  expect(answer.headers.get('content-security-policy')).not.toContain('unsafe');
  for (const [, path] of html.matchAll(/(?:href|src)="([^"]+)"/g)) {
    const file = await fetch(new URL(path!, url));
    expect(file.status, path).toBe(200);
    if (path!.endsWith('.ts')) {
      expect(file.headers.get('content-type')).toMatch(/^text\/javascript/);
      expect(await file.text()).not.toMatch(/import type|: string/);
    }
  }
});

test.each(['en', 'ru'])(
  'what the page needs for its first paint is less than 100 kB, compressed (%s)',
  async (language) => {
    const { url } = await start();
    const html = await (await fetch(url, { headers: { 'accept-language': language } })).text();
    const sizeOf = (path: string, encoding: string) =>
      new Promise<number>((resolve, reject) => {
        get(new URL(path, url), { headers: { 'accept-encoding': encoding } }, (answer) => {
          if (answer.headers['content-encoding'] !== (encoding === 'identity' ? undefined : encoding))
            reject(new Error(`${path} came as ${answer.headers['content-encoding']}`));
          let bytes = 0;
          answer.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
          });
          answer.on('end', () => resolve(bytes));
        }).on('error', reject);
      });
    const paths = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path = '']) => path);
    const total = async (encoding: string) =>
      (await Promise.all([...new Set(paths)].map((path) => sizeOf(path, encoding)))).reduce((sum, one) => sum + one, 0);
    const [plain, brotli, gzip] = [await total('identity'), await total('br'), await total('gzip')];
    expect(paths).toContain(`./page/texts/own-${language}.ts`);
    expect(paths).toContain('./vendor/lit-html/directives/repeat.js');
    expect(brotli).toBeLessThan(100_000);
    expect(gzip).toBeLessThan(plain / 2);
  },
);

test('the texts of what the gateway reports, and other languages, do not delay the first paint', async () => {
  const { url } = await start();
  const html = await (await fetch(url, { headers: { 'accept-language': 'ru' } })).text();
  const texts = [...html.matchAll(/href="[^"]*\/([^/"]+\.(?:en|ru)\.ts)"/g)].map(([, file]) => file);
  expect(texts.toSorted()).toEqual(['alarm.ru.ts', 'common.ru.ts', 'gateway-page.ru.ts']);
  for (const later of ['sent-en', 'sent-ru']) expect((await fetch(`${url}/page/texts/${later}.ts`)).status).toBe(200);
});

test('the page is not sent again while its files are unchanged', async () => {
  const { url } = await start();
  const etag = (await fetch(`${url}/page/main.ts`)).headers.get('etag')!;
  const again = await fetch(`${url}/page/main.ts`, { headers: { 'if-none-match': etag } });
  expect(again.status).toBe(304);
});

test.each([
  '/page/../server.ts',
  '/page/%2e%2e/server.ts',
  '/page/tsconfig.json',
  '/page/words.test.ts',
  '/vendor/lit/../../package.json',
  '/vendor/lit/package.json',
  '/vendor/fastify/fastify.js',
])('the server serves only files of the page, not %s', async (path) => {
  const { url } = await start();
  const { hostname, port } = new URL(url);
  const status = await new Promise((resolve, reject) => {
    get({ hostname, port, path }, (answer) => resolve(answer.resume().statusCode)).on('error', reject);
  });
  expect(status).toBe(404);
});
