import { expect, test } from 'vitest';
import { event, gatewayStatus } from '../testing/events.ts';
import { IngestHub } from './hub.ts';

test('each part receives ingest’s reports in turn, and ingest waits until every part has taken a record that cannot be processed', async () => {
  const hub = new IngestHub();
  const heard: string[] = [];
  for (const name of ['first', 'second'])
    hub.connect({
      stored: (events) => heard.push(`${name} stored ${events.length}`),
      held: (events, toNotify = []) => heard.push(`${name} held ${events.length}, to notify ${toNotify.length}`),
      status: ({ gateway }) => heard.push(`${name} status ${gateway}`),
      repeated: (count) => heard.push(`${name} repeated ${count}`),
      poison: async ({ reason }) => {
        await Promise.resolve();
        heard.push(`${name} poison ${reason}`);
      },
    });
  hub.connect({});
  // ingest passes these methods on without their object
  const { stored, held, status, repeated, assigned, poison } = hub;
  stored([event(1), event(2)]);
  held([event(1), event(2)]);
  held([event(1), event(2)], []);
  status(gatewayStatus(), 0);
  repeated(3);
  assigned();
  const record = { topic: 't', partition: 0, offset: '0', key: 'gw-1', original: Buffer.alloc(0) };
  await poison({ ...record, reason: 'no JSON' });
  expect(heard).toEqual([
    ...['first stored 2', 'second stored 2'],
    ...['first held 2, to notify 2', 'second held 2, to notify 2'],
    ...['first held 2, to notify 0', 'second held 2, to notify 0'],
    ...['first status gw-1', 'second status gw-1'],
    ...['first repeated 3', 'second repeated 3'],
    ...['first poison no JSON', 'second poison no JSON'],
  ]);
});
