/** Apart from the sinks themselves: the main thread needs no more of them, and holds no Kafka client for it. */
import type { SinkConfig } from '../../config/installation.ts';

/** What a sink is called in cursors, secrets and the status. */
export function sinkName(config: SinkConfig): string {
  return config.name ?? config.kind;
}
