/** A gateway in the test's own process, with files of its own; it stops when the test does. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { judge } from '../../edge/config/judge.ts';
import { Gateway } from '../../edge/gateway.ts';
import { type GatewayFiles, testPassword, writeGatewayFiles } from './configuration.ts';
import { freePorts } from './ports.ts';

export interface OwnGateway {
  readonly url: string;
  readonly mqttPort: number;
  readonly gateway: Gateway;
  /** An MQTT client that is logged in. @throws where the broker refuses it */
  connect(user: string, more?: IClientOptions): Promise<MqttClient>;
  /** The cookie of the installer. */
  logIn(): Promise<string>;
  stop(): Promise<void>;
}

/** @throws where the files have a mistake */
export async function startGateway(
  files: Partial<Omit<GatewayFiles, 'mqttPort' | 'httpPort'>> & Pick<GatewayFiles, 'devices'>,
): Promise<OwnGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-gateway-'));
  const [mqttPort = 0, httpPort = 0] = await freePorts(2);
  const file = await writeGatewayFiles(folder, { gateway: 'test-gateway', uplink: [], ...files, mqttPort, httpPort });
  const { loaded, problems, warnings } = await judge(file);
  if (loaded === undefined) throw new Error(problems.join('\n'));
  const { conditions: look, ...rest } = loaded;
  const gateway = new Gateway({
    ...rest,
    configFile: file,
    conditions: { first: warnings, find: look },
    clock: systemClock,
    random: Math.random,
    logger: silentLogger(),
  });
  await gateway.start();
  const url = `http://127.0.0.1:${httpPort}`;
  const clients: MqttClient[] = [];
  return {
    url,
    mqttPort,
    gateway,
    async connect(user, more = {}) {
      const options = { username: user, password: testPassword, clientId: user, reconnectPeriod: 0 };
      const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { ...options, ...more });
      clients.push(client);
      return client;
    },
    async logIn() {
      const answer = await fetch(`${url}/api/v1/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user: 'installer', password: testPassword }),
      });
      return String(answer.headers.get('set-cookie')).split(';', 1)[0] ?? '';
    },
    async stop() {
      await gateway.stop();
      for (const client of clients) client.end(true);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
