import { expect, test } from 'vitest';
import type { Site } from '../site/site.ts';
import { consoleServersForEachTest, start } from './testing/server.ts';

consoleServersForEachTest();

test('the token of an action is set, replaced and removed, and no answer has it', async () => {
  const tokens = new Map<string, string>();
  const actions = [
    { id: 'siren', kind: 'webhook', url: 'https://siren.example.org' },
    { id: 'lamp', kind: 'publish', topic: 'lamp' },
  ];
  const { url, headers, get } = await start({
    actions: {
      site: () => ({ actions, rules: [] }) as unknown as Site,
      actions: { list: () => [] },
      tests: { run: async () => ({ refused: '', why: 'unknown' }) as never },
      secrets: {
        names: (action) => (tokens.has(action) ? ['token'] : []),
        change: async (action, _name, value) => void (value === '' ? tokens.delete(action) : tokens.set(action, value)),
      },
    },
  });
  const put = (path: string, value: string) =>
    fetch(`${url}/api/v1/actions/${path}`, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ value }),
    });
  const set = await put('siren/secrets/token', 'very secret');
  expect(await set.json()).toEqual({ secretsSet: ['token'] });
  expect(tokens.get('siren')).toBe('very secret');
  const shown = await (await get('/api/v1/actions')).text();
  expect(shown).not.toContain('very secret');
  const listed = JSON.parse(shown).actions.map((one: { id: string; secretsSet?: string[] }) => [
    one.id,
    one.secretsSet,
  ]);
  expect(listed).toEqual([
    ['mqtt', undefined],
    ['siren', ['token']],
    ['lamp', []],
  ]);
  // a line break would end the header in which it travels
  expect((await put('siren/secrets/token', 'a\nb')).status).toBe(400);
  expect((await put('lamp/secrets/token', 'x')).status).toBe(404);
  expect((await put('siren/secrets/password', 'x')).status).toBe(404);
  expect((await put('nobody/secrets/token', 'x')).status).toBe(404);
  expect(await (await put('siren/secrets/token', '')).json()).toEqual({ secretsSet: [] });
  expect(tokens.size).toBe(0);
});
