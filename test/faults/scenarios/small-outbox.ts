/**
 * The centre is out of reach for so long that the outbox, a small one, is full: the oldest readings go, and a gap
 * record says which. Alerts stay.
 */
import { type Scenario, sleep } from './scenario.ts';

const maxBytes = 1_048_576;
/** Shorter than the link is cut: it waits, and then sheds. */
const shedAfterS = 0.3;
/** some 1.5 kB a reading: about 600 of them fill it */
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
