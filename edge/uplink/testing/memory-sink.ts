/**
 * A sink in memory that fails as its caller chooses: the model of a sink for the contract suite, the simulator and the
 * forwarder's tests.
 *
 * Always: `arrived` holds the events in order of arrival, those of a failed `send` included.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { Sink, SinkBatch, SinkSession } from '../sink.ts';

/** The outcome of one call; `hangs`: the call resolves when `until` does. */
export type Fate =
  | { readonly kind: 'well' }
  /** the call rejects, although the first `arrives` records of the batch have arrived */
  | { readonly kind: 'fails'; readonly code: SinkFailure; readonly arrives: number }
  | { readonly kind: 'hangs'; readonly until: Promise<void>; readonly arrives: number };
export type SinkFailure =
  | 'FORPOST_SINK_UNREACHABLE'
  | 'FORPOST_SINK_TIMEOUT'
  | 'FORPOST_SINK_TOPIC_MISSING'
  | 'FORPOST_SINK_REFUSED';

const well: Fate = { kind: 'well' };

export class MemorySink implements Sink {
  readonly name: string;
  /** the JSON of every event as it arrived, repeats included */
  readonly arrived: string[] = [];
  /** the events of `arrived` whose batch was marked as replayed */
  readonly replayed: string[] = [];
  readonly statuses: GatewayStatus[] = [];
  /** sessions open now, and all that were ever opened */
  openNow = 0;
  opened = 0;
  /** the most batches that were ever outstanding in one session */
  mostOutstanding = 0;
  onOpen: () => Fate = () => well;
  onSend: (batch: SinkBatch) => Fate = () => well;

  constructor(name = 'memory') {
    this.name = name;
  }

  async open(): Promise<SinkSession> {
    await happens(this.onOpen());
    this.opened++;
    this.openNow++;
    let outstanding = 0;
    let closed = false;
    let wireBytes = 0;
    return {
      get wireBytes() {
        return wireBytes;
      },
      send: async (batch) => {
        if (closed) throw new ForpostError('FORPOST_SINK_UNREACHABLE', 'the session is closed');
        this.mostOutstanding = Math.max(this.mostOutstanding, ++outstanding);
        try {
          const fate = this.onSend(batch);
          const count = fate.kind === 'well' ? batch.records.length : fate.arrives;
          this.arrived.push(...batch.records.slice(0, count).map(({ json }) => json));
          if (batch.replayed) this.replayed.push(...batch.records.slice(0, count).map(({ json }) => json));
          wireBytes += batch.records.reduce((sum, { json }) => sum + json.length, 0);
          await happens(fate);
        } finally {
          outstanding--;
        }
      },
      status: async (status) => {
        if (closed) throw new ForpostError('FORPOST_SINK_UNREACHABLE', 'the session is closed');
        this.statuses.push(status);
        wireBytes += JSON.stringify(status).length;
      },
      close: async () => {
        if (!closed) this.openNow--;
        closed = true;
      },
    };
  }
}

async function happens(fate: Fate): Promise<void> {
  if (fate.kind === 'hangs') await fate.until;
  if (fate.kind === 'fails') throw new ForpostError(fate.code, `the test makes the sink fail (${fate.code})`);
}
