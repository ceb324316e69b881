/** Steps with which cases of several files begin. */
import { a, b, type Names } from '../case.ts';
import type { Step } from '../steps.ts';
import { property } from '../wire.ts';

/** A session that outlives its connection, in both versions. */
export const staying = { clean: false, props: [property('sessionExpiry', 600)] };

/** `b` has published a retained message; `a` is connected and has no subscription. */
export const retained = (t: Names): readonly Step[] => [
  b.connect(),
  b.publish(t.topic('x'), { retain: true, payload: 'kept' }),
  a.connect(),
];
