/** For tests of the forwarder: the state machine with a clock, a chance and a link that the test sets. */
import type { Epoch, Sequence } from '@forpost/shared/event/ids.ts';
import { step } from '../forwarder.ts';
import {
  type Cursor,
  type ForwarderCommand,
  type ForwarderEvent,
  type ForwarderSettings,
  type ForwarderState,
  initialState,
  type Pace,
} from '../forwarder-state.ts';

export const settings: ForwarderSettings = {
  maxEvents: 8,
  maxBytes: 1_000_000,
  openDeadlineMs: 1_000,
  sendDeadlineMs: 5_000,
  backoff: { baseMs: 100, ceilingMs: 2_000 },
  canRecordRefusals: true,
};
export const goAhead: Pace = { until: 0, why: 'rate', maxBytes: Number.POSITIVE_INFINITY };
export const epoch = (name: string) => name as Epoch;

/** Drives the state machine by hand: each call is one event, and `asked` has its commands. */
export class Bench {
  state: ForwarderState;
  now = 0;
  chance = 0.5;
  pace: Pace = goAhead;
  asked: readonly ForwarderCommand[] = [];
  readonly settings: ForwarderSettings;

  constructor(changed: Partial<ForwarderSettings> = {}) {
    this.settings = { ...settings, ...changed };
    this.state = initialState(this.settings, 0);
  }

  on(event: ForwarderEvent): this {
    const { state, commands } = step(this.state, event, {
      now: this.now,
      chance: this.chance,
      settings: this.settings,
      pace: this.pace,
    });
    this.state = state;
    this.asked = commands;
    return this;
  }

  connect(cursors: readonly Cursor[] = []): this {
    return this.on({ on: 'timer' }).on({ on: 'opened', session: this.state.session }).on({ on: 'surveyed', cursors });
  }

  loaded(after: Sequence, through: Sequence, count = through - after, name = 'e1'): this {
    return this.on({ on: 'loaded', batch: { epoch: epoch(name), after, through, count, full: false } });
  }

  failed(kind: 'refused' | 'slow' | 'broken'): this {
    return this.on({ on: 'failed', session: this.state.session, kind, reason: `it was ${kind}` });
  }

  did(what: ForwarderCommand['do']) {
    return this.asked.filter((command) => command.do === what);
  }
}
