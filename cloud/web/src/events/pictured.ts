/** The alarm whose pictures an alert refers to. Pure; malformed references are left out. */
import { messageIn } from '@forpost/shared/texts/message.ts';
import type { AlarmView } from '../../../alarms/schemas.ts';
import type { EventView } from '../../../events/schemas.ts';

export type Pictured = Pick<AlarmView, 'alarm' | 'gateway' | 'message' | 'message_i18n' | 'evidence'>;

/** Most pieces of evidence that a gateway attaches to an alert. */
const mostPieces = 50;

/** undefined for an event that is no alert, and for an alert without pictures. */
export function picturedIn({ type, gateway, data }: EventView): Pictured | undefined {
  if (type !== 'forpost.alert.v1' || typeof data !== 'object' || data === null) return undefined;
  const { alarm, message, message_i18n: text, evidence } = data as Readonly<Record<string, unknown>>;
  if (typeof alarm !== 'string' || !Array.isArray(evidence)) return undefined;
  const known = evidence.slice(0, mostPieces).flatMap(referenceOf);
  if (known.length === 0) return undefined;
  return { alarm, gateway, ...messageOf(message, text, alarm), evidence: known };
}

function messageOf(message: unknown, text: unknown, alarm: string): Pick<Pictured, 'message' | 'message_i18n'> {
  if (typeof message !== 'string') return { message: alarm };
  const known = messageIn(text);
  return { message, ...(known === undefined ? {} : { message_i18n: known }) };
}

function referenceOf(one: unknown): AlarmView['evidence'] {
  if (typeof one !== 'object' || one === null) return [];
  const { id, sha256, size, kind, media } = one as Readonly<Record<string, unknown>>;
  // the form that the API accepts
  if (typeof id !== 'string' || !/^[0-9a-f]{16}$/.test(id)) return [];
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return [];
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1) return [];
  return [
    {
      id,
      sha256,
      size,
      kind: typeof kind === 'string' ? kind : 'picture',
      media: media === 'video/mp4' ? media : 'image/jpeg',
    },
  ];
}
