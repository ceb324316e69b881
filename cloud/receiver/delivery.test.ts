import { systemClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test } from 'vitest';
import { MemoryHistory } from '../history/memory-store.ts';
import { event, eventJson } from '../testing/events.ts';
import { HistoryDelivery, type ReceivedEvent } from './delivery.ts';

const received = (sequence: number): ReceivedEvent => ({ event: event(sequence), json: eventJson(sequence) });

test('without Kafka people are notified about an alert whose insert only seemed to fail, and not about a replayed one', async () => {
  const history = new (class extends MemoryHistory {
    lost = 1;
    override async insert(events: readonly ForpostEvent[]): Promise<void> {
      await super.insert(events);
      if (this.lost-- > 0) throw new ForpostError('FORPOST_HISTORY_FAILED', 'the answer was lost');
    }
  })(systemClock);
  const reported: string[] = [];
  const delivery = new HistoryDelivery({
    history,
    events: {
      stored: () => undefined,
      held: (_, toNotify = []) => reported.push(...toNotify.map(({ sequence }) => sequence)),
      repeated: () => undefined,
      status: () => undefined,
      poison: () => undefined,
    },
    clock: systemClock,
    random: () => 0.01,
    logger: silentLogger(),
  });
  await delivery.start();
  await delivery.events('gw-1', [received(1)]);
  expect(reported).toEqual(['1']);
  await delivery.events('gw-1', [received(2)], true);
  expect(reported).toEqual(['1']);
  await delivery.stop();
});
