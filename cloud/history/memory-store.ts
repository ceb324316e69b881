/** (skeleton, see the next commit) */
import type { Clock } from '@forpost/shared/clock.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type {
  AlarmState,
  EventPage,
  EventQuery,
  HistoryStore,
  LaneKey,
  Range,
  SeriesPoint,
  SeriesQuery,
} from './store.ts';

export class MemoryHistory implements HistoryStore {
  readonly #clock: Clock;
  constructor(clock: Clock) {
    this.#clock = clock;
  }
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  async insert(_events: readonly ForpostEvent[]): Promise<void> {
    this.#clock.now();
  }
  async events(_query: EventQuery): Promise<EventPage> {
    return { events: [] };
  }
  async series(_query: SeriesQuery): Promise<readonly SeriesPoint[]> {
    return [];
  }
  async alarms(_since: number, _limit: number): Promise<readonly AlarmState[]> {
    return [];
  }
  async metrics(): ReturnType<HistoryStore['metrics']> {
    return [];
  }
  async lanes(): Promise<readonly LaneKey[]> {
    return [];
  }
  async received(_key: LaneKey): Promise<readonly Range[]> {
    return [];
  }
  async rows(_key: LaneKey): ReturnType<HistoryStore['rows']> {
    return { rows: 0, distinct: 0 };
  }
  async gaps(_key: LaneKey): ReturnType<HistoryStore['gaps']> {
    return [];
  }
}
