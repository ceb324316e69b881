/** The registry of sink kinds. A new kind is one folder beside this file and one line here. */
import type { Backoff } from '@forpost/shared/retry.ts';
import type { Sink } from '../sink.ts';
import type { SinkConfig, SinkContext, SinkKind } from '../sink-kind.ts';
import type { PacingLimits } from '../thread/pacing.ts';
import { http } from './http/kind.ts';
import { kafka } from './kafka/kind.ts';

/** The cast is safe: a configuration reaches a kind only after a check against that kind's schema. */
export const sinkKinds = [kafka, http] as readonly SinkKind[];

/** @throws RangeError for an unknown kind; loading the installation has refused those */
export function sinkKindOf({ kind }: Pick<SinkConfig, 'kind'>): SinkKind {
  const found = sinkKinds.find((one) => one.kind === kind);
  if (found === undefined) throw new RangeError(`there is no kind of uplink "${kind}"`);
  return found;
}

export async function createSink(
  config: SinkConfig,
  context: SinkContext,
): Promise<{ readonly sink: Sink; readonly backoff: Backoff; readonly limits: PacingLimits }> {
  const kind = sinkKindOf(config);
  const { bytes_per_second: bytesPerSecond, bytes_per_day: bytesPerDay } = config.limit ?? {};
  const sink = await kind.create(config, context);
  return { sink, backoff: kind.backoff, limits: { bytesPerSecond, bytesPerDay } };
}
