/**
 * The recipients of a channel, each with a language: one notification is translated once for each language among them, and
 * sent to those who read it. Pure.
 *
 *   the language that the person has chosen at the centre ── else ── the recipient's ── else ── the channel's
 *
 * Always: each recipient is in one delivery of a notification. A delivery has an idempotency key of its own, the event's id
 * and the language, so that the other side recognises a repetition and does not take one language for a repetition of another.
 */
import type { Language } from '@forpost/shared/texts/language.ts';
import type { Notification } from './channel.ts';
import { inLanguage } from './words.ts';

export interface Recipient {
  /** the person, as the channel addresses people: an e-mail address, a number, a name */
  readonly to: string;
  /** this person's log-in name at the centre */
  readonly user?: string;
  readonly language?: Language;
}

export interface Audience {
  /** language of the channel's texts; default English */
  readonly language?: Language;
  /** absent: the channel itself knows its recipients, who all get one language */
  readonly recipients?: readonly Recipient[];
}

/** The language that a user of the centre has chosen; undefined: none, or there is no such user. */
export type ChosenLanguage = (user: string) => Language | undefined;

/** The notification in each language of the audience. */
export function deliveriesOf(
  notification: Notification,
  { language = 'en', recipients }: Audience,
  chosen: ChosenLanguage,
): readonly Notification[] {
  if (recipients === undefined) return [inLanguage(notification, language)];
  const readers = new Map<Language, string[]>();
  for (const { to, user, language: own } of recipients) {
    const spoken = (user === undefined ? undefined : chosen(user)) ?? own ?? language;
    readers.set(spoken, [...(readers.get(spoken) ?? []), to]);
  }
  return [...readers].map(([spoken, all]) => ({
    ...inLanguage(notification, spoken),
    key: `${notification.id}#${spoken}`,
    recipients: all,
  }));
}
