/**
 * Messages as devices really send them, with what is read of each: the forms follow the makers' documents and public
 * reports, ids and numbers are invented. The tests and docs/reference/devices.md are made of them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { decoders } from './decoders/registry.ts';

export interface FieldCase {
  /** what it shows */
  readonly name: string;
  /** of a device that calls itself `dev` */
  readonly topic: string;
  readonly payload: string;
  /** instead of `payload`: what is no UTF-8, with \xNN for such bytes */
  readonly bytes?: string;
  /** readings, of which others may stand beside; `time`: null = the time of receipt */
  readonly want?: readonly {
    readonly values: Readonly<Record<string, unknown>>;
    readonly channel?: string;
    readonly device?: string;
    readonly id?: string;
    readonly time?: number | null;
  }[];
  /** data of its first event */
  readonly event?: Readonly<Record<string, unknown>>;
  /** what the reason must name */
  readonly refused?: string;
  /** beginnings of the problems that are told, as `path problem`; there are no others */
  readonly problems?: readonly string[];
  readonly unknown?: readonly string[];
  readonly nothing?: boolean;
  readonly oddTime?: string;
  readonly lost?: string;
  /** what is stored, where that says more than doubles can */
  readonly json?: string;
}

/** By decoder, in the order of the registry: what stands in field-cases/<name>.json. */
export const fieldCases: Readonly<Record<string, readonly FieldCase[]>> = Object.fromEntries(
  decoders.map(({ name }) => {
    const file = new URL(`field-cases/${name}.json`, import.meta.url);
    return [name, existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly FieldCase[]) : []];
  }),
);

export function payloadOf({ payload, bytes }: FieldCase): Buffer {
  if (bytes === undefined) return Buffer.from(payload);
  const letters = bytes.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(letters, 'latin1');
}
