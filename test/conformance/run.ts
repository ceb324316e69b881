/**
 * Runs cases against one broker: several at a time, each with client ids and topics of its own; those that hear the
 * others' messages alone at the end.
 *
 * A case that fails names the step; one that needs what the broker does not announce is left out, and says so.
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
  /** of what is broken: the step, and what came instead; of what is left out: why */
  readonly why?: string;
}

/** why every case of 5.0 fails where the broker has only 3.1.1 */
export const notSpoken = 'the broker does not speak MQTT 5.0';

/** Every case once, in the given order. */
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

/** undefined: it does not speak 5.0 */
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
  forbidden: 'every topic may be published to there',
  forbiddenFilter: 'every subscription is granted there',
  shared: 'no shared subscriptions',
  topicAlias: 'no topic aliases',
  subscriptionId: 'no subscription identifiers',
  receiveMaximum: 'no receive maximum is announced',
  maximumPacketSize: 'no maximum packet size is announced',
};

function has(target: Target, announced: Properties, need: Need): boolean {
  if (need === 'forbidden' || need === 'forbiddenFilter') return target[need] !== undefined;
  if (need === 'shared') return announced.sharedAvailable !== 0;
  if (need === 'subscriptionId') return announced.subscriptionIdAvailable !== 0;
  if (need === 'topicAlias') return Number(announced.topicAliasMaximum ?? 0) > 0;
  return announced[need] !== undefined;
}
