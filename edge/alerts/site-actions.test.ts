import { once } from 'node:events';
import { createServer } from 'node:http';
import { FakeClock } from '@forpost/shared/clock.ts';
import type { GatewayData } from '@forpost/shared/event/event.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import { expect, onTestFinished, test, vi } from 'vitest';
import { plainWords } from '../rules/kinds/common.ts';
import type { ActionConfig } from '../site/site.ts';
import type { Alert } from './action.ts';
import type { AnyActionKind } from './action-kind.ts';
import { ActionTests } from './action-tests.ts';
import { checkAction } from './check-action.ts';
import { SiteActions } from './site-actions.ts';

const siren = { id: 'siren', kind: 'publish', topic: 'cmnd/siren/POWER', payload: 'ON', clear_payload: 'OFF' };

function started(actions: readonly object[], secrets = {}) {
  const published: string[] = [];
  const publisher = { publish: (topic: string, payload: string) => void published.push(`${topic} ${payload}`) };
  const settings = (all: readonly object[]) => ({ actions: all as readonly ActionConfig[], secrets });
  const site = new SiteActions({ publisher, logger: silentLogger() }, settings(actions));
  onTestFinished(() => site.stop());
  return { site, published, change: (all: readonly object[]) => site.prepare(settings(all))() };
}

function alert(alarm: string, active: boolean, more: object = {}): Alert {
  const data = { alarm, rule: 'r1', device: 'oven', severity: 'warning', message: 'hot', test: false, active };
  const change = active ? 'raised' : 'cleared';
  return { data: { ...data, change, ...more } as never, time: 1, received: 2, uptime: 3 };
}

test('a siren goes on with the first of its alarms and off with the last one', () => {
  const { site, published } = started([siren]);
  for (const [id, active] of [
    ['a', true],
    ['b', true],
    ['a', false],
    ['b', false],
  ] as const)
    site.perform(alert(id, active));
  expect(published).toEqual(['cmnd/siren/POWER ON', 'cmnd/siren/POWER OFF']);
});

test('an action starts for the alarms of its rules and levels, and never for a rule on trial', () => {
  const { site, published } = started([{ ...siren, rules: ['r1'], min_severity: 'critical' }]);
  site.perform(alert('a', true));
  site.perform(alert('b', true, { rule: 'r2', severity: 'critical' }));
  site.perform(alert('c', true, { severity: 'critical', test: true }));
  expect(published).toEqual([]);
  site.perform(alert('d', true, { severity: 'critical' }));
  expect(published).toEqual(['cmnd/siren/POWER ON']);
});

test('an action without a payload publishes the alarm as JSON; placeholders in a payload are filled in', () => {
  const { payload: _, ...plain } = siren;
  const { site, published } = started([plain, { ...siren, id: 'lamp', topic: 'lamp', payload: '{"say":"{message}"}' }]);
  site.perform(alert('a', true));
  expect(JSON.parse(published[0]?.replace('cmnd/siren/POWER ', '') ?? '')).toMatchObject({
    alarm: 'a',
    time: 1,
    test: false,
  });
  expect(published[1]).toBe('lamp {"say":"hot"}');
});

test('a change of the document that touches an action switches it off; any other change leaves it on', () => {
  const { site, published, change } = started([siren]);
  site.perform(alert('a', true));
  change([
    { ...siren, name: 'Siren' },
    { ...siren, id: 'lamp', topic: 'lamp' },
  ]);
  expect(published).toEqual(['cmnd/siren/POWER ON']);
  site.perform(alert('a', false));
  expect(published).toEqual(['cmnd/siren/POWER ON', 'cmnd/siren/POWER OFF', 'lamp OFF']);
  site.perform(alert('b', true));
  change([]);
  expect(published.slice(3)).toEqual(['cmnd/siren/POWER ON', 'lamp ON', 'cmnd/siren/POWER OFF', 'lamp OFF']);
});

test('a restart sends nothing for an alarm that goes on, and its end is sent', () => {
  const { site, published } = started([siren]);
  site.restore(alert('a', true));
  expect(published).toEqual([]);
  site.perform(alert('a', false));
  expect(published).toEqual(['cmnd/siren/POWER OFF']);
});

test('an action of a new kind runs from its own file, and an action that throws stops no other', () => {
  const said: string[] = [];
  const toy: AnyActionKind = {
    kind: 'toy',
    schema: Type.Object({}),
    check: () => [],
    effect: () => plainWords('say it'),
    create: ({ id }) => ({
      name: id,
      perform({ data }) {
        if (id === 'bad') throw new Error('broken');
        said.push(data.alarm);
      },
      stop: async () => undefined,
    }),
  };
  const publisher = { publish: () => undefined };
  const actions = ['bad', 'good'].map((id) => ({ id, kind: 'toy' }));
  new SiteActions({ publisher, logger: silentLogger() }, { actions, secrets: {} }, () => toy).perform(alert('a', true));
  expect(said).toEqual(['a']);
});

test('a mistake in an action is reported at its key', () => {
  const references = {
    devices: [{ id: 'plug', decoder: 'tasmota' }] as never,
    rules: ['r1'],
  };
  const found = (action: object) =>
    checkAction({ ...siren, ...action }, references).problems.map(({ path, missing }) =>
      [...path, ...(missing ? [missing] : [])].join('.'),
    );
  expect(found({})).toEqual([]);
  expect(found({ topic: 'cmnd/plug/POWER' })).toEqual([]);
  expect(found({ topic: 'tele/plug/SENSOR' })).toEqual(['topic']);
  expect(found({ topic: 'forpost/alerts/x/y' })).toEqual(['topic']);
  expect(found({ topic: undefined })).toEqual(['topic']);
  expect(found({ rules: ['r2'] })).toEqual(['rules.0']);
  expect(found({ payload: '{"a":1}', clear_payload: '{devise}' })).toEqual(['clear_payload']);
  expect(found({ kind: 'sing' })).toEqual(['kind']);
  const hook = { id: 'h', kind: 'webhook' };
  expect(checkAction({ ...hook, url: 'http://u:p@box/x' } as never, references).problems).toMatchObject([
    { path: ['url'] },
  ]);
});

interface Got {
  readonly body: Record<string, unknown>;
  readonly authorization: string | undefined;
}

async function listener(statuses: number[]): Promise<{ readonly url: string; readonly got: Got[] }> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => (text += String(part)));
    request.on('end', () => {
      got.push({ body: JSON.parse(text), authorization: request.headers.authorization });
      response.writeHead(statuses.shift() ?? 204).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/hook`, got };
}

test('a webhook posts the begin and the end of an alarm in order, with its token', async () => {
  const { url, got } = await listener([]);
  const { site } = started([{ id: 'hook', kind: 'webhook', url }], { hook: { token: 't0ken' } });
  site.perform(alert('a', true));
  site.perform(alert('a', true, { change: 'updated' }));
  site.perform(alert('a', false));
  await vi.waitFor(() => expect(got.length).toBe(2), { timeout: 10_000 });
  expect(got.map(({ body }) => body.change)).toEqual(['raised', 'cleared']);
  expect(got[0]?.authorization).toBe('Bearer t0ken');
});

test('a webhook that is refused is a problem until it works again', async () => {
  const { url, got } = await listener([401]);
  const { site } = started([{ id: 'hook', kind: 'webhook', url, name: 'Desk' }]);
  site.perform(alert('a', true));
  await vi.waitFor(
    () => expect(site.problems().map(inEnglish)).toEqual([`the action Desk does not work: ${url} answered with 401`]),
    { timeout: 10_000 },
  );
  site.perform(alert('a', false));
  await vi.waitFor(() => expect([got.length, site.problems()]).toEqual([2, []]), { timeout: 10_000 });
});

function tests(actions: readonly object[]) {
  const { site, published } = started(actions);
  const clock = new FakeClock();
  const notes: GatewayData[] = [];
  const nameOf = (id: string) => site.list().find(({ config }) => config.id === id)?.config.name;
  const tried = new ActionTests({
    gateway: 'gw-1',
    clock,
    logger: silentLogger(),
    nameOf,
    send: (id, one) => site.tryOne(id, one),
    note: (data) => notes.push(data),
  });
  return { site, published, clock, notes, tried };
}

test('a test switches a siren on and off again, is marked as a test, and stands in the history', async () => {
  const { payload: _, ...plain } = siren;
  const { published, clock, notes, tried } = tests([{ ...plain, name: 'Siren' }]);
  expect(await tried.run('siren', 'ann')).toMatchObject({ ok: true });
  expect(JSON.parse(published[0]?.replace('cmnd/siren/POWER ', '') ?? '')).toMatchObject({
    test: true,
    rule: 'action-test',
  });
  expect(notes).toMatchObject([{ change: 'action-tried', action: 'siren', by: 'ann', test: true, ok: true }]);
  expect(notes[0]?.message).toBe('ann tried the action Siren: published to cmnd/siren/POWER');
  clock.advance(3_000);
  await vi.waitFor(() => expect(published[1]).toBe('cmnd/siren/POWER OFF'), { timeout: 10_000 });
});

test('a test leaves a siren on that a real alarm has switched on', async () => {
  const { site, published, clock, tried } = tests([{ ...siren, name: 'Siren' }]);
  site.perform(alert('a', true));
  await tried.run('siren', 'ann');
  clock.advance(3_000);
  site.perform(alert('a', false));
  expect(published).toEqual(['cmnd/siren/POWER ON', 'cmnd/siren/POWER ON', 'cmnd/siren/POWER OFF']);
});

test('an action can be tested again only after a while; a test of an unknown action is refused', async () => {
  const { clock, tried } = tests([{ ...siren, name: 'Siren' }]);
  await tried.run('siren', 'ann');
  expect(await tried.run('siren', 'ann')).toMatchObject({ why: 'often' });
  clock.advance(10_000);
  expect(await tried.run('siren', 'ann')).toMatchObject({ ok: true });
  expect(await tried.run('horn', 'ann')).toMatchObject({ why: 'unknown' });
});
