/**
 * Runs cases against one broker: several at a time, each with client ids and topics of its own. Cases that other cases'
 * messages would reach run alone at the end.
 *
 * A broken case names its step. A case that needs something which the broker does not announce is left out with the reason.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { type Case, type Need, nameOf } from './case.ts';
import { Connection } from './connection.ts';
import type { Properties } from './packets.ts';
import { Session, type Target } from './session.ts';
import { connectPacket, type Version } from './wire.ts';

export interface Outcome {
  readonly name: string;
  readonly version: Version;
  readonly group: string;
  readonly statement: string;
  readonly result: 'kept' | 'broken' | 'left out';
  /** for a broken case the step and what came instead; for a case that is left out the reason */
  readonly why?: string;
}

/** the reason why every case of 5.0 is broken at a broker that speaks only 3.1.1 */
export const notSpoken = 'the broker does not speak MQTT 5.0';

/** Runs every case once. @returns the outcomes in the order of the cases */
export async function runCases(target: Target, cases: readonly Case[]): Promise<readonly Outcome[]> {
  const announced = await announcedBy(target);
  const outcomes = new Map<Case, Outcome>();
  const numbered = cases.map((one, at) => ({ one, name: `c${at}` }));
  const run = async ({ one, name }: (typeof numbered)[number]) => {
    outcomes.set(one, await runCase(target, announced, one, name));
  };
  const waiting = numbered.filter(({ one }) => !one.alone);
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await run(next);
  };
  await Promise.all(Array.from({ length: target.atOnce }, worker));
  for (const next of numbered) if (next.one.alone) await run(next);
  return cases.flatMap((one) => outcomes.get(one) ?? []);
}

/** What CONNACK announces; undefined: the broker does not speak 5.0. */
async function announcedBy(target: Target): Promise<Properties | undefined> {
  const connection = await Connection.open(target.host, target.port, '5.0');
  try {
    const { user, password } = target;
    connection.write(connectPacket('5.0', { clientId: 'announced', user, password }));
    const packet = await connection.next(target.waitMs);
    return packet?.name === 'connack' && packet.code === 0 ? packet.props : undefined;
  } catch {
    return undefined;
  } finally {
    connection.cut();
  }
}

async function runCase(target: Target, announced: Properties | undefined, one: Case, name: string): Promise<Outcome> {
  const { version, group, statement } = one;
  const own = { name: nameOf(one), version, group, statement };
  if (version === '5.0' && announced === undefined) return { ...own, result: 'broken', why: notSpoken };
  const missing = one.needs.find((need) => !has(target, announced ?? {}, need));
  if (missing !== undefined) return { ...own, result: 'left out', why: lacks[missing] };
  const session = new Session(target, version, announced ?? {}, name);
  const prefix = [target.prefix, name].filter((level) => level !== '').join('/');
  const steps = one.steps({ topic: (topic) => `${prefix}/${topic}`, announced: announced ?? {}, target });
  let at = '';
  try {
    for (const [index, step] of steps.entries()) {
      at = `step ${index + 1} of ${steps.length}, ${step.what}`;
      await step.run(session);
    }
    return { ...own, result: 'kept' };
  } catch (error) {
    return { ...own, result: 'broken', why: `${at}: ${messageOf(error)}` };
  } finally {
    await session.close();
  }
}

const lacks: Readonly<Record<Need, string>> = {
  forbidden: 'the broker lets this user publish everywhere',
  forbiddenFilter: 'the broker grants this user every subscription',
  shared: 'the broker has no shared subscriptions',
  topicAlias: 'the broker takes no topic aliases',
  subscriptionId: 'the broker has no subscription identifiers',
  receiveMaximum: 'the broker announces no receive maximum',
  maximumPacketSize: 'the broker announces no maximum packet size',
};

function has(target: Target, announced: Properties, need: Need): boolean {
  if (need === 'forbidden' || need === 'forbiddenFilter') return target[need] !== undefined;
  if (need === 'shared') return announced.sharedAvailable !== 0;
  if (need === 'subscriptionId') return announced.subscriptionIdAvailable !== 0;
  if (need === 'topicAlias') return Number(announced.topicAliasMaximum ?? 0) > 0;
  return announced[need] !== undefined;
}
