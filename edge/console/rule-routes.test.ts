/** The API of rules and actions: forms, drafts, completion, rehearsals, tests of actions. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { registerProblems } from '@forpost/shared/http/problem.ts';
import { useSchemas } from '@forpost/shared/http/validation.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { ActionTests } from '../alerts/action-tests.ts';
import { SiteActions } from '../alerts/site-actions.ts';
import { RuleSetup } from '../rules/form/rule-setup.ts';
import type { RehearsalAnswer } from '../rules/rehearsal/messages.ts';
import type { RehearsedAlarm } from '../rules/rehearsal/rehearsal.ts';
import { siteWith } from '../rules/testing/rules.ts';
import type { ActionConfig } from '../site/site.ts';
import { registerActionRoutes } from './action-routes.ts';
import { registerRuleRoutes } from './rule-routes.ts';

const load = { id: 'load', kind: 'threshold', device: 'oven', metric: 'power_w', above: 100 };
const siren: ActionConfig = { id: 'siren', kind: 'publish', topic: 'cmnd/siren/POWER', payload: 'ON', name: 'Siren' };
const alarm: RehearsedAlarm = {
  rule: 'load',
  device: 'oven',
  subject: '',
  severity: 'warning',
  message: 'hot',
  raised: 1_000,
  cleared: 2_000,
  peak: 150,
};

function rig(answer: Partial<RehearsalAnswer> = {}, isFull = false) {
  const site = { ...siteWith(load), actions: [siren, { ...siren, id: 'off', enabled: false }] };
  const app = Fastify();
  registerProblems(app);
  useSchemas(app);
  const asked: unknown[] = [];
  registerRuleRoutes(app.withTypeProvider(), {
    site: () => site,
    setup: new RuleSetup({ site: () => site, recordOf: () => undefined }),
    rehearsals: {
      isFull,
      async run(rules, hours) {
        asked.push({ ...rules, hours });
        const none = { alarms: [], more: 0, failures: 0 };
        return { drafted: none, standing: none, from: 0, events: 5, limits: [], ...answer };
      },
    },
  });
  const published: string[] = [];
  const publisher = { publish: (topic: string, payload: string) => void published.push(`${topic} ${payload}`) };
  const actions = new SiteActions({ publisher, logger: silentLogger() }, { actions: site.actions, secrets: {} });
  const tests = new ActionTests({
    gateway: 'gw',
    clock: new FakeClock(),
    logger: silentLogger(),
    nameOf: (id) => actions.list().find(({ config }) => config.id === id)?.config.name,
    send: (id, alert) => actions.tryOne(id, alert),
    note: () => undefined,
  });
  registerActionRoutes(app.withTypeProvider(), { site: () => site, actions, tests }, () => 'anna');
  onTestFinished(() => app.close());
  const ask = async (method: 'GET' | 'POST', url: string, payload?: object) => {
    const found = await app.inject({ method, url: `/api/v1/${url}`, ...(payload && { payload }) });
    return { status: found.statusCode, body: found.json() };
  };
  return { ask, asked, published };
}

test('a form for each kind of rule, with its devices, cameras and zones to choose from', async () => {
  const { status, body } = await rig().ask('GET', 'rules/forms');
  expect(status).toBe(200);
  expect(body.kinds).toContainEqual(
    expect.objectContaining({ kind: 'threshold', title: 'A value above or below a limit' }),
  );
  expect(body.site).toMatchObject({ devices: [{ name: 'Heat pump' }, {}], cameras: [{ zones: [{ id: 'drive' }] }] });
});

test('a draft is answered with a sentence, or with its mistakes at their fields', async () => {
  const { ask } = rig();
  const good = await ask('POST', 'rules/check', { rule: load });
  expect(good.body).toMatchObject({ problems: [], summary: expect.stringContaining('power of Oven is above 100 W') });
  const wrong = await ask('POST', 'rules/check', { rule: { ...load, when: 'valu > 3' } });
  expect(wrong.body.problems).toMatchObject([{ path: ['when'], offset: 0, line: 1, column: 1 }]);
  const options = await ask('POST', 'rules/complete', { kind: 'threshold', condition: 'wee', offset: 3 });
  expect(options.body).toMatchObject({ from: 0, to: 3, options: [{ insert: 'weekday', about: expect.any(String) }] });
});

test('a rehearsal marks the alarms that only the draft raises, and not the standing rule', async () => {
  const later = { ...alarm, raised: 5_000, cleared: 6_000 };
  const drafted = { alarms: [alarm, later], more: 0, failures: 0 };
  const { ask, asked } = rig({ drafted, standing: { ...drafted, alarms: [alarm] } });
  const { body } = await ask('POST', 'rules/rehearse', { rules: [{ ...load, above: 90 }] });
  expect(body.drafted.alarms).toMatchObject([{ only: false, raised: '1970-01-01T00:00:01.000Z' }, { only: true }]);
  expect(asked).toMatchObject([{ hours: 24, drafted: [{ above: 90 }], standing: [{ above: 100 }] }]);
});

test('a wrong draft is not rehearsed, and too many at once are refused', async () => {
  expect((await rig().ask('POST', 'rules/rehearse', { rules: [{ ...load, device: 'x' }] })).status).toBe(422);
  expect((await rig({}, true).ask('POST', 'rules/rehearse', { rules: [load] })).status).toBe(503);
});

test('the actions say what they do; one is tried once at a time, by its id', async () => {
  const { ask, published } = rig();
  const { body } = await ask('GET', 'actions');
  expect(body.actions.map(({ id }: { id: string }) => id)).toEqual(['mqtt', 'siren', 'off']);
  expect(body.actions[1].sentence).toBe('When an alarm of any rule begins, publish ON to cmnd/siren/POWER.');
  const tried = await ask('POST', 'actions/siren/try');
  expect(tried).toMatchObject({ status: 200, body: { ok: true, message: 'published to cmnd/siren/POWER' } });
  expect(published).toEqual(['cmnd/siren/POWER ON']);
  expect((await ask('POST', 'actions/siren/try')).status).toBe(429);
  expect((await ask('POST', 'actions/off/try')).status).toBe(404);
});

test('a draft of an action is answered with a sentence or its mistakes', async () => {
  const { ask } = rig();
  const forms = await ask('GET', 'actions/forms');
  expect(forms.body.kinds.map(({ kind }: { kind: string }) => kind)).toEqual(['publish', 'webhook']);
  expect((await ask('POST', 'actions/check', { action: siren })).body.summary).toContain('publish ON');
  const { problems } = (await ask('POST', 'actions/check', { action: { ...siren, topic: 'forpost/status' } })).body;
  expect(problems).toMatchObject([{ path: ['topic'], message_i18n: { key: 'gateway/answer.topic-of-others' } }]);
});
