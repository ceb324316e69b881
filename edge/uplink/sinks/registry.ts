/** Every kind of sink, by the `kind` of its configuration. A new one is one file here and one line below. */
import type { Clock } from '@forpost/shared/clock.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Backoff } from '@forpost/shared/retry.ts';
import type { SinkConfig } from '../../config/installation.ts';
import type { SinkSecret } from '../../site/site.ts';
import type { Sink, SinkIdentity } from '../sink.ts';
import type { PacingLimits } from '../thread/pacing.ts';
import type { UplinkMemory } from '../thread/uplink-memory.ts';
import { httpSink } from './http/http.ts';
import { kafkaSink } from './kafka/kafka.ts';

export interface SinkContext {
  readonly name: string;
  readonly identity: SinkIdentity;
  /** what the other side knows this gateway by, where there is one */
  readonly secret: SinkSecret | undefined;
  /** what outlives this process; without it a sink remembers as long as it lives */
  readonly memory?: UplinkMemory;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface SinkKind<Config extends SinkConfig> {
  readonly create: (config: Config, context: SinkContext) => Sink;
  /** how eagerly a lost connection is tried again */
  readonly backoff: Backoff;
}

const kinds: { readonly [Kind in SinkConfig['kind']]: SinkKind<Extract<SinkConfig, { kind: Kind }>> } = {
  // an owner's own brokers: back within two seconds of their return
  kafka: { create: kafkaSink, backoff: { baseMs: 200, ceilingMs: 1_500 } },
  // one address for very many gateways
  http: { create: httpSink, backoff: { baseMs: 250, ceilingMs: 10_000 } },
};

export function createSink(
  config: SinkConfig,
  context: SinkContext,
): { readonly sink: Sink; readonly backoff: Backoff; readonly limits: PacingLimits } {
  const { bytes_per_second: bytesPerSecond, bytes_per_day: bytesPerDay } = config.limit ?? {};
  const limits = { bytesPerSecond, bytesPerDay };
  // the switch ties each configuration to its own kind, which an index access cannot tell the compiler
  switch (config.kind) {
    case 'kafka':
      return { sink: kinds.kafka.create(config, context), backoff: kinds.kafka.backoff, limits };
    case 'http':
      return { sink: kinds.http.create(config, context), backoff: kinds.http.backoff, limits };
  }
}
