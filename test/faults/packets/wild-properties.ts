/** Properties of MQTT 5 (section 2.2.2) for wild packets: most of them valid for their packet. */
import type { Random } from '../simulation/random.ts';

export type WildPlace = 'connect' | 'will' | 'publish' | 'answer' | 'subscribe' | 'unsubscribe' | 'disconnect';

const flag = 1;
const short = 2;
const long = 4;

/** [id, bytes of its value; 'text', 'pair' or 'variable'] */
type Kind = readonly [number, number | 'text' | 'pair' | 'variable'];

const user: Kind = [0x26, 'pair'];
const reason: Kind = [0x1f, 'text'];
const message: readonly Kind[] = [[0x01, flag], [0x02, long], [0x03, 'text'], [0x08, 'text'], [0x09, 'text'], user];
const kinds: Readonly<Record<WildPlace, readonly Kind[]>> = {
  connect: [[0x11, long], [0x17, flag], [0x19, flag], [0x21, short], [0x22, short], [0x27, long], user],
  will: [...message, [0x18, long]],
  publish: [...message, [0x23, short]],
  answer: [reason, user],
  subscribe: [[0x0b, 'variable'], user],
  unsubscribe: [user],
  disconnect: [[0x11, long], reason, user],
};
const all = Object.values(kinds).flat();
const words = ['', 'a', 'forpost/answer', 'Zähler', 'a/#', 'a\0b', 'x'.repeat(100)];

/** Properties after their length. */
export function wildProperties(random: Random, place: WildPlace): Buffer {
  if (random.chance(0.3)) return Buffer.from([0]);
  if (random.chance(0.03)) return Buffer.from(Array.from({ length: random.int(1, 12) }, () => random.int(0, 255)));
  const parts: Buffer[] = [];
  const left = [...kinds[place]];
  for (let n = random.int(0, 4); n > 0 && left.length > 0; n--) {
    const own = left.splice(random.int(0, left.length - 1), 1)[0] ?? user;
    // of another packet type, or repeated
    parts.push(one(random, random.chance(0.97) ? own : random.pick(all)));
  }
  const content = Buffer.concat(parts);
  const length = random.chance(0.98) ? content.length : random.int(0, 127);
  return Buffer.concat([Buffer.from(length < 128 ? [length] : [(length % 128) | 0x80, length >> 7]), content]);
}

function one(random: Random, [id, kind]: Kind): Buffer {
  const head = Buffer.from([random.chance(0.99) ? id : random.int(0, 255)]);
  if (kind === 'pair') return Buffer.concat([head, text(random), text(random)]);
  if (kind === 'text') return Buffer.concat([head, text(random)]);
  if (kind === 'variable')
    return Buffer.concat([head, Buffer.from(random.pick([[1], [0x80, 1], [0], [0xff, 0xff, 0xff, 0x7f]]))]);
  return Buffer.concat([head, number(random, kind)]);
}

/** Mostly small numbers: an alias, a flag, a second; sometimes 0 and the largest one. */
function number(random: Random, bytes: number): Buffer {
  if (random.chance(0.1)) return Buffer.alloc(bytes, random.pick([0, 0xff]));
  const value = Buffer.alloc(bytes);
  value[bytes - 1] = bytes === flag ? random.int(0, 1) : random.int(1, bytes === short ? 20 : 200);
  return value;
}

function text(random: Random): Buffer {
  const bytes = Buffer.from(random.pick(random.chance(0.9) ? words.slice(1, 4) : words));
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}
