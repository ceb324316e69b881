/** (skeleton, see the next commit) */
import type { Clock } from '@forpost/shared/clock.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type {
  AlarmState,
  EventPage,
  EventQuery,
  HistoryStore,
  LaneKey,
  Range,
  SeriesPoint,
  SeriesQuery,
} from '../store.ts';
import { EmbeddedExecutor } from './embedded.ts';
import type { Executor } from './executor.ts';
import { HttpExecutor } from './http.ts';

export interface ClickHouseHistoryOptions {
  readonly executor: Executor;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The executor for a configuration: a server where `url` is given, else embedded in `folder`. */
export function executorFor(options: { readonly url?: string | undefined; readonly folder: string }): Executor {
  return options.url === undefined ? new EmbeddedExecutor(options.folder) : new HttpExecutor(options.url);
}

export class ClickHouseHistory implements HistoryStore {
  readonly #options: ClickHouseHistoryOptions;

  constructor(options: ClickHouseHistoryOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    return this.#options.executor.open();
  }
  stop(): Promise<void> {
    return this.#options.executor.close();
  }
  async insert(_events: readonly ForpostEvent[]): Promise<void> {}
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
