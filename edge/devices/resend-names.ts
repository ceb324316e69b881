/**
 * Names by which the outbox and the rules recognise a resend: the device's own id within its channel or its events, and
 * a hash of the content.
 *
 * Always: a reading and an event never count as each other's resend, nor do readings of two channels. Where one publish
 * has several contents under one id, each gets a name of its own: all are stored, and none a second time when the device
 * resends this publish.
 */
import { hashText } from '@forpost/shared/short-hash.ts';
import type { EventDraft } from '../outbox/outbox.ts';
import type { DecodedEvent, DecodedReading } from './decoder.ts';

/** The resend names of one publish. */
export class ResendNames {
  /** hashes of contents by id, in the publish's order */
  #contents: Map<string, number[]> | undefined;

  /** undefined where the device gave no id. */
  of(item: DecodedReading | DecodedEvent): Required<Pick<EventDraft, 'resendId' | 'content'>> | undefined {
    const id = idOf(item);
    if (id === undefined) return undefined;
    // not 0: to the outbox, 0 means that the id alone identifies a resend
    const content = hashText(item.content ?? '') || 1;
    this.#contents ??= new Map();
    const before = this.#contents.get(id);
    if (before === undefined) {
      this.#contents.set(id, [content]);
      return { resendId: id, content };
    }
    if (!before.includes(content)) before.push(content);
    const place = before.indexOf(content);
    return { resendId: place === 0 ? id : `${id}\n#${place + 1}`, content };
  }
}

/** No channel's name contains a line feed, so no two items with different ids or channels get the same name. */
function idOf(item: DecodedReading | DecodedEvent): string | undefined {
  if (item.kind === 'event') return item.id === undefined ? undefined : `event\n${item.id}`;
  const { id, channel } = item.data;
  return id === undefined || channel === undefined ? id : `channel ${channel}\n${id}`;
}
