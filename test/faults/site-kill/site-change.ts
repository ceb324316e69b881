/**
 * A change of the site over its API, with a new device and its password, one device less, and another limit of the rule.
 *
 *   hashes into secrets.yaml ─► next.yaml ─► site.yaml ─► 000002.yaml
 *
 * Afterwards: the old document with the old log-ins and the old limit, or the new one with the new ones.
 */
import mqtt from 'mqtt';
import { logIn } from '../../harness/centre.ts';
import { installerPassword, makeBox } from './box-files.ts';
import { checkDocument, checkNextChange } from './document-state.ts';
import type { KilledGateway } from './killed-gateway.ts';
import { Problems, type Procedure, type Verdict } from './procedure.ts';

const between = 2000;
let passwords: ReadonlyMap<string, string> = new Map();

export const siteChange: Procedure = {
  name: 'site-change',
  only: '^$|^(site|secrets)\\.yaml',

  async prepare(folder, ports) {
    passwords = await makeBox(folder, { gateway: 'gw-1', site: 'home', ports, devices: ['meter', 'leaving'] });
  },

  async act(gateway, plan) {
    await gateway.start();
    gateway.arm(plan);
    const edits = [
      { set: ['devices', 'coming'], value: { id: 'coming', decoder: 'native' } },
      { remove: ['devices', 'leaving'] },
      { set: ['rules', 'over', 'above'], value: 3000 },
    ];
    // a kill ends the connection
    await gateway.api.ask('PATCH', '/api/v1/site', { edits, passwords: true }, '1').catch(() => undefined);
  },

  async judge(gateway): Promise<Verdict> {
    const problems = new Problems();
    const isNewText = (text: string) => text.includes('coming');
    const { text, secrets } = await checkDocument(gateway, problems, (one) => (isNewText(one) ? 2 : 1));
    const isNew = isNewText(text);
    const whole = text.startsWith('# a comment of the installer\n') && text.includes('above: 3000') === isNew;
    problems.expect(whole && text.includes('leaving') !== isNew, 'the document is a mixture');
    problems.expect(!isNew || secrets.mqtt.coming !== undefined, 'the new device has no credential');
    const mayLeavingEnter = await gateway.letsIn('leaving', passwords.get('leaving') ?? '');
    problems.expect(mayLeavingEnter !== isNew, `the removed device ${mayLeavingEnter ? 'may' : 'may not'} log in`);
    const raises = await raisesAlarm(gateway, passwords.get('meter') ?? '');
    problems.expect(raises !== isNew, `the rule ${raises ? 'has the old' : 'has the new'} limit`);
    await checkNextChange(gateway, problems);
    return { found: isNew ? 'new' : 'old', problems: problems.all };
  },
};

/** Whether a reading between both limits raises the alarm. */
async function raisesAlarm({ ports }: KilledGateway, password: string): Promise<boolean> {
  const meter = await mqtt.connectAsync(`mqtt://127.0.0.1:${ports.mqtt}`, {
    username: 'meter',
    password,
    clientId: 'meter',
    reconnectPeriod: 0,
  });
  try {
    const reading = JSON.stringify({ values: { power_w: between } });
    await meter.publishAsync('forpost/devices/meter/readings', reading, { qos: 1 });
    // acknowledged: the rules have seen it
    const base = `http://127.0.0.1:${ports.http}`;
    const cookie = await logIn(base, 'installer', installerPassword);
    const answer = await fetch(`${base}/api/v1/alarms`, { headers: { cookie } });
    const { alarms } = (await answer.json()) as { readonly alarms: readonly { readonly rule: string }[] };
    return alarms.some(({ rule }) => rule === 'over');
  } finally {
    await meter.endAsync(true);
  }
}
