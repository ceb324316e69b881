/**
 * Cuts the way to the centre until a small outbox is full: the oldest readings are shed, and a gap record names them. Alerts
 * stay.
 */
import { type Scenario, sleep } from './scenario.ts';

const maxBytes = 1_048_576;
/** Shorter than the cut, so that the outbox first waits and then sheds. */
const shedAfterS = 0.3;
/** makes a reading some 1.5 kB: about 600 of them fill the outbox */
const padding = 100;

export const smallOutbox: Scenario = {
  name: 'small-outbox',
  weight: 2,
  async prepare() {
    return { extra: { outbox: { max_bytes: maxBytes, shed_after_s: shedAfterS } }, load: { padding } };
  },
  async disturb({ setting: { link }, random, loadMs, count, say }) {
    link.cut();
    say('the link is cut for long');
    count('outboxes_small');
    await sleep(loadMs + random.int(0, 1000));
    link.heal();
  },
};
