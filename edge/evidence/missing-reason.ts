/** Why an alarm of a camera has no picture, or not all of them any more: a sentence for the page. Pure. */
import type { WallTime } from '@forpost/shared/clock.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { EvidenceLimits } from './store.ts';

export interface PicturedAlarm {
  /** ms since 1970 */
  readonly raised: number;
  /** pictures and clips that were taken of the alarm, and how many of them are still kept */
  readonly taken: number;
  readonly kept: number;
}

/** A picture is kept within two seconds, a clip some seconds after the alarm. */
const stillComingMs = 30_000;
const dayMs = 86_400_000;

/** `now`: ms since 1970. Empty where everything that was taken is still kept. */
export function missingReason(
  { raised, taken, kept }: PicturedAlarm,
  { keepAlarmsMs, keepChatterMs, maxBytes }: Pick<EvidenceLimits, 'keepAlarmsMs' | 'keepChatterMs' | 'maxBytes'>,
  now: WallTime,
): string {
  if (taken === 0)
    return now - raised < stillComingMs ? words('gateway/reason.pictures-coming') : words('gateway/reason.no-picture');
  if (kept === taken) return '';
  const what =
    kept > 0
      ? words('gateway/reason.rest-of-pictures')
      : taken === 1
        ? words('gateway/reason.one-picture')
        : words('gateway/reason.all-pictures');
  const age = now - raised;
  if (age > keepAlarmsMs) return words('gateway/reason.pictures-old', { what, days: days(keepAlarmsMs) });
  if (age > keepChatterMs) return words('gateway/reason.pictures-chatter', { what, days: days(keepChatterMs) });
  return words('gateway/reason.pictures-room', { what, size: gigabytes(maxBytes) });
}

function days(ms: number): string {
  const count = Math.round((ms / dayMs) * 10) / 10;
  return count === 1 ? '1 day' : `${count} days`;
}

function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}
