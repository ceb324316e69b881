/** The kinds of sinks there are. A new one is one folder beside this and one line here. */
import type { Backoff } from '@forpost/shared/retry.ts';
import type { Sink } from '../sink.ts';
import type { SinkConfig, SinkContext, SinkKind } from '../sink-kind.ts';
import type { PacingLimits } from '../thread/pacing.ts';
import { http } from './http/kind.ts';
import { kafka } from './kafka/kind.ts';

/** Kinds whose configurations have been checked against their own schemas. */
export const sinkKinds = [kafka, http] as readonly SinkKind[];

/** @throws RangeError of an unknown kind, which loading the installation refuses */
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
