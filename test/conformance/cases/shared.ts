/** What cases of several files begin with. */
import { a, b, type Names } from '../case.ts';
import type { Step } from '../steps.ts';
import { property } from '../wire.ts';

/** A session that outlives its connection, in both versions. */
export const staying = { clean: false, props: [property('sessionExpiry', 600)] };

/** A retained message, and a client that has not subscribed yet. */
export const retained = (t: Names): readonly Step[] => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, payload: 'kept' }),
  a.connect(),
];
