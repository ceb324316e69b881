/**
 * mqtt-packet tells `debug` some fifteen things of each packet, and each of these calls makes an array of its
 * arguments, also where nobody listens: a sixth of all garbage. So there is nobody to be told, unless DEBUG is set.
 *
 * Imported before aedes, whose parser asks for its listener when it is loaded.
 */
import { createRequire } from 'node:module';

const fromAedes = createRequire(createRequire(import.meta.url).resolve('aedes'));
const fromParser = createRequire(fromAedes.resolve('mqtt-packet'));

const nobody = Object.assign(() => undefined, { enabled: false, extend: (): unknown => nobody });

if (process.env.DEBUG === undefined) {
  const file = fromParser.resolve('debug');
  fromParser(file);
  const loaded = fromParser.cache[file];
  if (loaded !== undefined) loaded.exports = () => nobody;
}
