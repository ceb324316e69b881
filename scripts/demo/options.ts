/** The options of `npm start`. */
import { parseArgs } from 'node:util';

export interface DemoOptions {
  readonly check: boolean;
  /** how long the check publishes */
  readonly seconds: number;
  readonly video: string | undefined;
  readonly fresh: boolean;
  /** added to every port; each offset has its own data folder */
  readonly portOffset: number;
  readonly kafka:
    | { readonly kind: 'own' }
    | { readonly kind: 'existing'; readonly broker: string }
    | { readonly kind: 'none'; readonly reason: string };
  /** why the demo has no camera; undefined with a camera */
  readonly withoutCamera: string | undefined;
}

const defaultSeconds = 30;
const longestSeconds = 86_400;
const largestOffset = 50_000;

/** @throws Error with a message for the person who typed the options */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      check: { type: 'boolean', default: false },
      seconds: { type: 'string', default: String(defaultSeconds) },
      video: { type: 'string' },
      'no-kafka': { type: 'boolean', default: false },
      'no-camera': { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      'port-offset': { type: 'string', default: '0' },
    },
  });
  if (values.fresh && values.keep)
    throw new Error('--fresh deletes the data of earlier runs and --keep keeps it: use only one of them');
  if (values.video !== undefined && values['no-camera'])
    throw new Error('--video is for the camera, which --no-camera leaves out: use only one of them');
  return {
    check: values.check,
    seconds: wholeNumber('--seconds', values.seconds, 5, longestSeconds),
    video: values.video,
    fresh: values.fresh,
    portOffset: wholeNumber('--port-offset', values['port-offset'], 0, largestOffset),
    kafka: kafkaOf(values['no-kafka'], env),
    withoutCamera: values['no-camera'] ? '--no-camera' : env.FORPOST_WITHOUT_CAMERA,
  };
}

function kafkaOf(without: boolean, env: NodeJS.ProcessEnv): DemoOptions['kafka'] {
  const { FORPOST_KAFKA: broker, FORPOST_WITHOUT_KAFKA: reason } = env;
  if (without) return { kind: 'none', reason: '--no-kafka' };
  if (broker !== undefined) {
    if (!/^[^:\s]+:[0-9]+$/.test(broker)) throw new Error(`FORPOST_KAFKA must be host:port, not "${broker}"`);
    return { kind: 'existing', broker };
  }
  return reason === undefined ? { kind: 'own' } : { kind: 'none', reason };
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${name} must be a whole number from ${least} to ${most}, not "${text}"`);
}
