/**
 * An unknown plug is taken in with the log-in that it has, or with a made one.
 *
 *   credential into secrets.yaml ─► next.yaml ─► site.yaml ─► 000002.yaml
 *
 * Afterwards: the plug is a device and its credential is there; or it is unknown, nobody gets in by a credential that was
 * left behind, and the next try takes it in.
 */
import mqtt, { type MqttClient } from 'mqtt';
import { accepted } from '../../../edge/config/socket-client.ts';
import type { PairingView } from '../../../edge/console/schemas/pairing.ts';
import { until } from '../../harness/process.ts';
import { makeBox } from './box-files.ts';
import { checkDocument, checkNextChange } from './document-state.ts';
import type { KilledGateway } from './killed-gateway.ts';
import { Problems, type Procedure } from './procedure.ts';

const plug = { user: 'DVES_USER', password: 'a password of the plug', clientId: 'DVES_1A2B3C' };

export function pairing(logIn: 'own' | 'made'): Procedure {
  let passwords: ReadonlyMap<string, string> = new Map();
  return {
    name: `pairing-${logIn}`,
    only: '^$|^(site|secrets)\\.yaml',

    async prepare(folder, ports) {
      passwords = await makeBox(folder, { gateway: 'gw-1', site: 'home', ports, devices: ['meter'] });
    },

    async act(gateway, plan) {
      await gateway.start();
      const client = await knock(gateway);
      try {
        const number = await numberOf(gateway);
        gateway.arm(plan);
        // a kill ends the connection
        await takeIn(gateway, number, logIn).catch(() => undefined);
      } finally {
        client.end(true);
      }
    },

    async judge(gateway) {
      const problems = new Problems();
      const isNewText = (text: string) => text.includes('id: plug');
      const { text, secrets } = await checkDocument(gateway, problems, (one) => (isNewText(one) ? 2 : 1));
      const isNew = isNewText(text);
      problems.expect(await gateway.letsIn('meter', passwords.get('meter') ?? ''), 'the meter may not log in any more');
      problems.expect(!isNew || secrets.mqtt.plug !== undefined, 'the plug has no credential');
      const enters = await plugEnters(gateway);
      problems.expect(enters === (isNew && logIn === 'own'), `the plug ${enters ? 'gets in' : 'does not get in'}`);
      const asPlug = await gateway.letsIn('plug', plug.password);
      problems.expect(!asPlug, 'the plug’s password lets somebody in under the new id');
      await checkNextChange(gateway, problems);
      if (!isNew) await tryAgain(gateway, problems);
      return { found: isNew ? 'new' : 'old', problems: problems.all };
    },
  };

  async function tryAgain(gateway: KilledGateway, problems: Problems): Promise<void> {
    const client = await knock(gateway);
    try {
      const taken = await takeIn(gateway, await numberOf(gateway), logIn);
      problems.expect(taken.device === 'plug', `the next try: ${JSON.stringify(taken)}`);
      const made = taken.credential as { readonly user: string; readonly password: string } | undefined;
      const enters = made === undefined ? await plugEnters(gateway) : await gateway.letsIn(made.user, made.password);
      problems.expect(enters, 'the plug does not get in after the next try');
    } finally {
      client.end(true);
    }
  }
}

function plugEnters(gateway: KilledGateway): Promise<boolean> {
  return gateway.letsIn(plug.user, plug.password, plug.clientId);
}

/** Opens the window; the plug connects and greets as Tasmota does. */
async function knock({ api, ports }: KilledGateway): Promise<MqttClient> {
  accepted(await api.ask('POST', '/api/v1/pairing/open', { minutes: 5 }));
  const { user: username, password, clientId } = plug;
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${ports.mqtt}`, {
    username,
    password,
    clientId,
    reconnectPeriod: 0,
    will: { topic: 'tele/tasmota_1A2B3C/LWT', payload: Buffer.from('Offline'), qos: 1, retain: true },
  });
  client.publish('tele/tasmota_1A2B3C/LWT', 'Online', { retain: true });
  client.publish('tele/tasmota_1A2B3C/SENSOR', '{"Time":"2026-06-01T12:00:00","ENERGY":{"Power":10}}');
  return client;
}

function numberOf({ api }: KilledGateway): Promise<number> {
  return until('the plug is recognised', async () => {
    const { knockers } = accepted(await api.ask('GET', '/api/v1/pairing')) as unknown as PairingView;
    return knockers.find(({ clientId, judgements }) => clientId === plug.clientId && judgements.length > 0)?.number;
  });
}

async function takeIn({ api }: KilledGateway, knocker: number, logIn: 'own' | 'made') {
  return accepted(await api.ask('POST', '/api/v1/pairing/accept', { knocker, name: 'Plug', logIn }));
}
