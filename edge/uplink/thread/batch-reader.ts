/**
 * Reads a lane's batches from the outbox and encodes them as JSON. While a full batch is being sent, the next one is
 * read ahead, so that the sink and this thread work at the same time. The batch that is read ahead has the largest size
 * that the forwarder may request next; otherwise batches could not grow during a backlog.
 *
 * Always: a batch that was read ahead is used only if it begins with the requested events and they are still in the
 * outbox. Its events are claimed only then.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { encodeEvent, type StoredEvent } from '@forpost/shared/event/codec.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { OutboxReader } from '../../outbox/outbox.ts';
import type { SinkIdentity, SinkRecord } from '../sink.ts';
import type { Cursor } from './forwarder-state.ts';

/** Events as they are sent. */
export interface Loaded {
  readonly epoch: Epoch;
  readonly after: Sequence;
  readonly events: readonly StoredEvent[];
  readonly records: readonly SinkRecord[];
  readonly jsonBytes: number;
  readonly dataBytes: number;
  /** a limit was reached: more events wait after these */
  readonly full: boolean;
}

export interface BatchReaderParts {
  readonly lane: Lane;
  readonly identity: SinkIdentity;
  readonly reader: OutboxReader;
  readonly logger: Logger;
}

export class BatchReader {
  readonly #parts: BatchReaderParts;
  #ahead: Loaded | undefined;

  constructor(parts: BatchReaderParts) {
    this.#parts = parts;
  }

  /** The events after `cursor`, up to both limits, at least one if there is one. @throws if the outbox is unreadable */
  next(cursor: Cursor, maxEvents: number, maxBytes: number): Loaded {
    return this.#useAhead(cursor, maxEvents, maxBytes) ?? this.#read(cursor, maxEvents, maxBytes);
  }

  /** Reads the events after `cursor` for the next call of `next`. After an error that call reads again. */
  readAhead(cursor: Cursor, maxEvents: number, maxBytes: number): void {
    const { logger, lane } = this.#parts;
    try {
      const ahead = this.#read(cursor, maxEvents, maxBytes);
      this.#ahead = ahead.records.length > 0 ? ahead : undefined;
    } catch (error) {
      logger.debug({ err: error, lane, why: messageOf(error) }, 'the outbox could not be read ahead');
    }
  }

  #read({ epoch, after }: Cursor, maxEvents: number, maxBytes: number): Loaded {
    const { reader, lane, identity } = this.#parts;
    const events = reader.read(epoch, lane, after, maxEvents, maxBytes);
    const records: SinkRecord[] = [];
    let jsonBytes = 0;
    let dataBytes = 0;
    for (const event of events) {
      const json = encodeEvent(identity.site, identity.gateway, event);
      jsonBytes += Buffer.byteLength(json);
      // the reader's limit counts the data alone
      if (jsonBytes > maxBytes && records.length > 0) break;
      records.push({ sequence: event.sequence, json });
      dataBytes += event.data.length;
    }
    const full = events.length >= maxEvents || records.length < events.length || jsonBytes > maxBytes / 2;
    return { epoch, after, events: events.slice(0, records.length), records, jsonBytes, dataBytes, full };
  }

  /**
   * The batch that was read ahead, if it begins behind the cursor. If its first event is still in the outbox, the
   * others are too.
   */
  #useAhead({ epoch, after }: Cursor, maxEvents: number, maxBytes: number): Loaded | undefined {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead === undefined || ahead.epoch !== epoch || ahead.after !== after) return undefined;
    const { reader, lane } = this.#parts;
    const [first] = reader.read(epoch, lane, after, 1, maxBytes);
    if (first === undefined || first.sequence !== ahead.records[0]?.sequence) return undefined;
    return beginning(ahead, maxEvents, maxBytes);
  }
}

/** The part of a batch within the limits, which a slow answer may have lowered since the batch was read ahead. */
function beginning(loaded: Loaded, maxEvents: number, maxBytes: number): Loaded {
  if (loaded.records.length <= maxEvents && loaded.jsonBytes <= maxBytes) return loaded;
  let count = 0;
  let jsonBytes = 0;
  let dataBytes = 0;
  for (const { json } of loaded.records.slice(0, maxEvents)) {
    const bytes = Buffer.byteLength(json);
    if (count > 0 && jsonBytes + bytes > maxBytes) break;
    jsonBytes += bytes;
    dataBytes += loaded.events[count]?.data.length ?? 0;
    count++;
  }
  const events = loaded.events.slice(0, count);
  return { ...loaded, events, records: loaded.records.slice(0, count), jsonBytes, dataBytes, full: true };
}
