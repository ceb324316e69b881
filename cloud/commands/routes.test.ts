import { describe, expect, test } from 'vitest';
import { startApi } from '../testing/api.ts';
import { exampleAlert, exampleStatus } from '../testing/examples.ts';

describe('a command to a gateway', () => {
  const sending = async () => {
    const { app, cookie, gateways, commands, get, history } = await startApi();
    gateways.applyStatus(exampleStatus({ commandKeys: [commands.publicKey.id] }));
    const post = (body: object, url = '/api/v1/gateways/gw-1/commands', headers: Record<string, string> = {}) =>
      app.inject({ method: 'POST', url, headers: { cookie, ...headers }, payload: body });
    return { gateways, commands, get, post, history };
  };

  test('is answered when it is safe, with its author, and listed', async () => {
    const { get, post } = await sending();
    const answer = await post({ kind: 'acknowledge', arguments: { alarm: 'a1' }, valid_s: 60 });
    expect(answer.statusCode).toBe(201);
    const view = answer.json() as { issued: string; expires: string };
    expect(view).toMatchObject({ kind: 'acknowledge', arguments: { alarm: 'a1' }, author: 'admin', state: 'sent' });
    expect(Date.parse(view.expires) - Date.parse(view.issued)).toBe(60_000);
    expect((await get('/api/v1/gateways/gw-1/commands')).json()).toEqual({ commands: [view] });
  });

  test.each([
    ['takes it', undefined, 'sent'],
    ['takes none of this centre', [], 'noted'],
  ])(
    'that acknowledges an alarm counts at the centre at once, with who said so, where the gateway %s',
    async (_, keys, state) => {
      const { gateways, get, post, history } = await sending();
      if (keys !== undefined) gateways.applyStatus(exampleStatus({ counter: 99, commandKeys: keys }));
      await history.insert([exampleAlert(1, Date.now() - 9e8, 'raised'), exampleAlert(2, Date.now() - 8e8, 'cleared')]);
      const list = async () => (await get('/api/v1/alarms')).json();
      expect(await list()).toMatchObject({ open: 1, alarms: [{ alarm: 'a1', open: true, acknowledged: false }] });
      const answer = await post({ kind: 'acknowledge', arguments: { alarm: 'a1' } });
      expect([answer.statusCode, answer.json()]).toMatchObject([201, { state, author: 'admin' }]);
      expect(await list()).toEqual({ open: 0, alarms: [], not_listed: [] });
      const since = new Date(Date.now() - 9e8).toISOString();
      expect((await get(`/api/v1/alarms?since=${since}`)).json().alarms).toMatchObject([
        { alarm: 'a1', open: false, acknowledged: true, acknowledged_by: 'admin', acknowledged_where: 'centre only' },
      ]);
    },
  );

  test('is refused when the gateway would surely refuse it, with a sentence that says what to do', async () => {
    const { gateways, commands, post } = await sending();
    expect((await post({ kind: 'ping' }, '/api/v1/gateways/nobody/commands')).statusCode).toBe(404);
    gateways.applyStatus(exampleStatus({ counter: 99, commandKeys: [] }));
    const untrusted = await post({ kind: 'ping' });
    expect(untrusted.statusCode).toBe(409);
    expect((untrusted.json() as { detail: string }).detail).toContain(commands.publicKey.text);
  });

  test.each([
    ['no kind', {}],
    ['a kind that is none', { kind: 'Drop Tables' }],
    ['arguments that are a list', { kind: 'ping', arguments: [1] }],
    ['a validity of a second', { kind: 'ping', valid_s: 1 }],
    ['a validity of a year', { kind: 'ping', valid_s: 31_536_000 }],
    ['arguments beyond all bounds', { kind: 'ping', arguments: { text: 'x'.repeat(10_000) } }],
    ['a field that does not exist', { kind: 'ping', valid: 60 }],
  ])('with %s gets an answer that names the mistake', async (_, body) => {
    const { post } = await sending();
    expect((await post(body)).statusCode).toBe(400);
  });

  test('from the page of another site is not sent', async () => {
    const { get, post } = await sending();
    const url = '/api/v1/gateways/gw-1/commands';
    const answer = await post({ kind: 'ping' }, url, {
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
    });
    expect(answer.statusCode).toBe(403);
    expect((await get(url)).json()).toEqual({ commands: [] });
  });
});
