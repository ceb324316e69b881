/**
 * By what the outbox and the rules tell a resend: the device's own id within what it numbers, and a hash of what it said
 * under it.
 *
 * Always: a reading is no event's resend, nor one channel's another's. Where one publish has several contents under one
 * id, each has a name of its own, so that all are stored, and none again when that publish is sent again.
 */
import { hashText } from '@forpost/shared/short-hash.ts';
import type { EventDraft } from '../outbox/outbox.ts';
import type { DecodedEvent, DecodedReading } from './decoder.ts';

/** Those of one publish. */
export class ResendNames {
  /** contents by id, in their order */
  #contents: Map<string, number[]> | undefined;

  /** undefined where the device gave no id. */
  of(item: DecodedReading | DecodedEvent): Required<Pick<EventDraft, 'resendId' | 'content'>> | undefined {
    const id = idOf(item);
    if (id === undefined) return undefined;
    // above 0: that would say that the id alone counts
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

/** No channel has a line's end in it, so that no two of them read the same. */
function idOf(item: DecodedReading | DecodedEvent): string | undefined {
  if (item.kind === 'event') return item.id === undefined ? undefined : `event\n${item.id}`;
  const { id, channel } = item.data;
  return id === undefined || channel === undefined ? id : `channel ${channel}\n${id}`;
}
