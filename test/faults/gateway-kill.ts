/**
 * kill -9 of the gateway in mid-load. Several devices publish readings, QoS 1, each with an `id` in its payload; the
 * gateway is killed at a random moment and started again; the devices resend what was not acknowledged. In the end
 * every acknowledged reading must be in the central history exactly once.
 */
import { randomInt } from 'node:crypto';
import type { MqttClient } from 'mqtt';
import { allEvents, type TestSite, until } from '../harness/site.ts';

export interface KillOutcome {
  readonly kills: number;
  readonly acknowledged: number;
  readonly published: number;
  readonly lost: number;
  readonly duplicated: number;
  /** in the history, although nobody was told so: stored and cut before the acknowledgement */
  readonly unacknowledged: number;
  /** from the last acknowledgement until the history was complete */
  readonly completeMs: number;
}

/** One run on a site that has the native devices `devices`. Load lasts `loadMs`, with `kills` kills in it. */
export async function gatewayKill(
  site: TestSite,
  devices: readonly string[],
  run: string,
  options: { readonly kills: number; readonly loadMs: number },
): Promise<KillOutcome> {
  const acknowledged = new Set<string>();
  let published = 0;
  let stop = false;
  const clients = await Promise.all(devices.map((id) => site.connect(id, { clean: false, clientId: `${id}-${run}` })));
  const load = clients.map((client, i) =>
    publishSteadily(
      client,
      devices[i] ?? '',
      run,
      () => stop,
      acknowledged,
      () => {
        published += 1;
      },
    ),
  );
  let kills = 0;
  for (; kills < options.kills; kills++) {
    const slice = options.loadMs / options.kills;
    await new Promise((resolve) => setTimeout(resolve, randomInt(Math.ceil(slice / 4), Math.ceil(slice))));
    await site.gateway?.kill();
    await site.startGateway();
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  stop = true;
  // a publish that is under way is resent until it is acknowledged: nothing is left in doubt
  await Promise.all(load);
  const from = performance.now();
  await Promise.all(clients.map((client) => client.endAsync()));
  const counts = await until(
    'every acknowledged reading is in the history',
    async () => {
      const seen = await idsInHistory(site, devices, run);
      return [...acknowledged].every((id) => seen.has(id)) ? seen : undefined;
    },
    60_000,
  ).catch(() => idsInHistory(site, devices, run));
  return {
    kills,
    acknowledged: acknowledged.size,
    published,
    lost: [...acknowledged].filter((id) => !counts.has(id)).length,
    duplicated: [...counts.values()].filter((count) => count > 1).length,
    unacknowledged: [...counts.keys()].filter((id) => !acknowledged.has(id)).length,
    completeMs: performance.now() - from,
  };
}

/** More than any restart of the gateway needs. */
const maxAttempts = 200;

/** Up to `window` publishes under way at a time, each with an id of its own. */
async function publishSteadily(
  client: MqttClient,
  device: string,
  run: string,
  stopped: () => boolean,
  acknowledged: Set<string>,
  onPublish: () => void,
): Promise<void> {
  const window = 8;
  let n = 0;
  const worker = async () => {
    while (!stopped()) {
      const id = `${run}-${device}-${n++}`;
      onPublish();
      await publishUntilAcknowledged(client, device, JSON.stringify({ id, values: { power_w: n } }));
      acknowledged.add(id);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
  };
  await Promise.all(Array.from({ length: window }, worker));
}

/** The client library gives some publishes up when a connection closes: those are sent again, as a meter would. */
async function publishUntilAcknowledged(client: MqttClient, device: string, payload: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await client.publishAsync(`forpost/devices/${device}/readings`, payload, { qos: 1 });
      return;
    } catch (error) {
      if (attempt >= maxAttempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function idsInHistory(site: TestSite, devices: readonly string[], run: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const device of devices) {
    for (const event of await allEvents(site, `device=${device}&type=forpost.reading.v1`)) {
      const id = event.data.id;
      if (typeof id === 'string' && id.startsWith(`${run}-`)) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
}
