/**
 * Messages as devices really send them, each with the expected result of its decoder. The forms follow the makers'
 * documents and public reports; ids and numbers are invented. Tests run them, and docs/reference/devices.md lists them.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { KnownToBridge } from './decoder.ts';
import { decoders } from './decoders/registry.ts';

export interface FieldCase {
  /** what the case shows */
  readonly name: string;
  /** topic of a device named `dev` */
  readonly topic: string;
  readonly payload: string;
  /** the site has the log-in as a bridge, where the decoder is also one of devices */
  readonly bridge?: true;
  /** instead of `payload` where that is not UTF-8; \xNN stands for one byte */
  readonly bytes?: string;
  /** readings that the result must have, perhaps among others; `time`: null = the time of receipt */
  readonly want?: readonly {
    readonly values: Readonly<Record<string, unknown>>;
    readonly channel?: string;
    /** the bridge's name of the device */
    readonly device?: string;
    readonly id?: string;
    readonly time?: number | null;
  }[];
  /** data of the result's first event */
  readonly event?: Readonly<Record<string, unknown>>;
  /** a part of the reason of the refusal */
  readonly refused?: string;
  /** beginnings of all problems of the result, as `path problem` */
  readonly problems?: readonly string[];
  readonly unknown?: readonly string[];
  readonly nothing?: boolean;
  readonly oddTime?: string;
  readonly lost?: string;
  /** the JSON that is stored, where a double cannot hold one of its numbers */
  readonly json?: string;
}

/** The cases of field-cases/<name>.json by decoder, in the registry's order. */
export const fieldCases: Readonly<Record<string, readonly FieldCase[]>> = Object.fromEntries(
  decoders.map(({ name }) => {
    const file = new URL(`field-cases/${name}.json`, import.meta.url);
    return [name, existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly FieldCase[]) : []];
  }),
);

/** What a decoder gets of a bridge that has said nothing yet; nothing for a device. */
export function asBridge({ bridge }: FieldCase): { readonly bridge?: KnownToBridge } {
  return bridge === true ? { bridge: { unitsOf: () => undefined } } : {};
}

export function payloadOf({ payload, bytes }: FieldCase): Buffer {
  if (bytes === undefined) return Buffer.from(payload);
  const letters = bytes.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(letters, 'latin1');
}
