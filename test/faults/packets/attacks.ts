/** The attacks of a logged-in hostile client, with their sizes: requests of one client must cost the others nothing. */
import { type TestSite, until } from '../../harness/site.ts';
import type { AttackName } from './attacker.ts';
import { type AlertDelays, type AttackOptions, alertDelaysDuring } from './beside.ts';

export interface Attack {
  /** of its metrics */
  readonly metric: string;
  readonly name: AttackName;
  readonly options: Partial<AttackOptions>;
}

const asDevice = { user: 'hostile' };

export const attacks: readonly Attack[] = [
  ...[1000, 3000, 12_000].map((filters) => ({
    metric: `${filters}_filters_in_one_packet`,
    name: 'filters in one packet' as const,
    options: { filters },
  })),
  { metric: '10000_filters_in_one_packet', name: 'filters in one packet', options: { filters: 10_000 } },
  { metric: '10000_filters_in_many_packets', name: 'filters in many packets', options: { filters: 10_000 } },
  { metric: 'reconnects_with_10000_filters', name: 'reconnects with many filters', options: { filters: 10_000 } },
  { metric: 'clean_sessions_with_3000_filters', name: 'clean sessions with many filters', options: { filters: 3000 } },
  { metric: 'subscribe_flood', name: 'SUBSCRIBE of one filter', options: {} },
  { metric: 'subscribe_to_everything_flood', name: 'SUBSCRIBE to everything', options: {} },
  { metric: 'unsubscribe_flood', name: 'UNSUBSCRIBE of one filter', options: {} },
  { metric: 'empty_payload_flood', name: 'empty payloads', options: asDevice },
  { metric: 'empty_payload_qos1_flood', name: 'empty payloads of QoS 1', options: asDevice },
  { metric: 'qos2_flood', name: 'QoS 2 handshakes', options: asDevice },
  { metric: 'consumer_messages_flood', name: 'messages of a consumer', options: { user: 'hostile-hub' } },
  { metric: 'pingreq_flood', name: 'PINGREQ', options: {} },
  { metric: 'pubrel_flood', name: 'PUBREL of nothing', options: {} },
  { metric: 'unsubscribe_12000_filters', name: 'UNSUBSCRIBE of many filters', options: { filters: 12_000 } },
  { metric: 'retained_by_wildcards', name: 'retained messages by wildcards', options: { user: 'hostile-shelly' } },
  { metric: 'qos2_without_pubrel', name: 'QoS 2 without PUBREL', options: asDevice },
  { metric: 'sessions_and_wills', name: 'sessions and wills', options: asDevice },
  { metric: 'empty_payloads_16_connections', name: 'empty payloads from 16 connections', options: asDevice },
  { metric: 'subscribe_16_connections', name: 'SUBSCRIBE from 16 connections', options: {} },
  { metric: 'new_topics_flood', name: 'new topics', options: { user: 'hostile-shelly' } },
];

export interface Cost extends AlertDelays {
  /** processor time of one turn of the gateway's event loop, ms: other processes do not change it */
  readonly turnP99Ms: number;
}

/** Runs one attack (undefined: none) and measures its cost for the others. */
export async function costOf(site: TestSite, attack: Attack | undefined, samples: number): Promise<Cost> {
  await turns(site);
  const beside = await alertDelaysDuring(site, attack?.name, { probe: 'probe', samples, ...attack?.options });
  return { ...beside, turnP99Ms: (await turns(site)).p99Ms };
}

export interface Turns {
  readonly p99Ms: number;
  /** heap after a garbage collection */
  readonly heapMb: number;
}

/** The measurements of turn-probe.mjs since the last call. */
export async function turns(site: TestSite): Promise<Turns> {
  const { gateway } = site;
  if (gateway?.running !== true) throw new Error('the gateway has ended');
  // only the gateway's last lines are kept: compare, so that none counts twice
  const before = gateway.lines.findLast(isAnswer);
  process.kill(gateway.pid, 'SIGUSR2');
  const line = await until('the gateway has said what its turns cost', () => {
    const newest = gateway.lines.findLast(isAnswer);
    return newest === before ? undefined : newest;
  });
  return JSON.parse(line) as Turns;
}

const isAnswer = (line: string) => line.startsWith('{"asked"');
