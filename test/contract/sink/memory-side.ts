/** The model: a sink in memory. */
import type { SinkBatch } from '../../../edge/uplink/sink.ts';
import { type Fate, MemorySink } from '../../../edge/uplink/testing/memory-sink.ts';
import type { OtherSide } from './other-side.ts';

export async function memorySide(): Promise<OtherSide> {
  const sink = new MemorySink();
  const lost = new MemorySink('lost');
  lost.onOpen = () => ({ kind: 'fails', code: 'FORPOST_SINK_UNREACHABLE', arrives: 0 });
  const plain = (batch: SinkBatch): Fate =>
    batch.records.some(({ json }) => json.length > 1_000_000)
      ? { kind: 'fails', code: 'FORPOST_SINK_REFUSED', arrives: 0 }
      : { kind: 'well' };
  sink.onSend = plain;
  return {
    sink,
    lost,
    arrived: async (lane) => sink.arrived.filter((json) => JSON.parse(json).lane === lane),
    replayed: async (lane) => sink.replayed.filter((json) => JSON.parse(json).lane === lane),
    statuses: async () => sink.statuses,
    freeze() {
      sink.onSend = () => ({ kind: 'fails', code: 'FORPOST_SINK_TIMEOUT', arrives: 0 });
    },
    thaw() {
      sink.onSend = plain;
    },
    async stop() {},
  };
}
