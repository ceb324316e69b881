/**
 * A process for tests that kill it. It inserts events into an embedded history without end, and after each answered insert
 * sends its parent the number of events so far. Arguments: folder, epoch, events per insert.
 */
import { systemClock } from '@forpost/shared/clock.ts';
import { decodeEvent, encodeEvent } from '@forpost/shared/event/codec.ts';
import { eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { ClickHouseHistory } from './clickhouse-history.ts';
import { EmbeddedExecutor } from './embedded.ts';

const [folder = '', epoch = '', size = ''] = process.argv.slice(2);

function reading(sequence: number): ForpostEvent {
  const decoded = decodeEvent(
    encodeEvent(asId<'site'>('home'), asId<'gateway'>('gw'), {
      epoch: asId<'epoch'>(epoch),
      lane: 'telemetry',
      sequence,
      type: eventTypes.reading,
      device: asId<'device'>('meter'),
      time: systemClock.now(),
      received: systemClock.now(),
      clock: 'synced',
      boot: 'b',
      uptime: sequence,
      data: JSON.stringify({ values: { power_w: sequence }, channel: epoch }),
    }),
  );
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.event;
}

const store = new ClickHouseHistory({
  executor: new EmbeddedExecutor(folder),
  clock: systemClock,
  logger: silentLogger(),
});
await store.start();
process.on('disconnect', () => process.exit(0));
for (let done = 0; ; done += Number(size)) {
  await store.insert(Array.from({ length: Number(size) }, (_, i) => reading(done + i + 1)));
  process.send?.(done + Number(size));
}
