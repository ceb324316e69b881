/**
 * What one decoder makes of an unknown client, over all of its messages: how sure it is, and the values that it read.
 *
 * Always: bounded, whatever the client sends; the surest message decides about topic and further keys; `recognise` and
 * `decode` that throw count as «not recognised».
 */
import type { Message } from '@forpost/shared/texts/message.ts';
import type { DeviceConfig } from '../../site/site.ts';
import type { Decoded, Decoder, KnownToBridge } from '../decoder.ts';
import type { Question, Recognised, UnknownMessage } from '../recognise.ts';

const mostValues = 12;
const longestText = 64;

export interface ReadValue {
  readonly name: string;
  readonly value: number | string | boolean;
}

export class Judgement {
  readonly decoder: Decoder;
  #best: Recognised;
  #model: string | undefined;
  #name: string | undefined;
  readonly #values = new Map<string, ReadValue['value']>();
  #read = 0;
  #refused = 0;
  #reason: Message | undefined;
  #speaksForOthers = false;

  constructor(decoder: Decoder, first: Recognised) {
    this.decoder = decoder;
    this.#best = first;
  }

  get sure(): number {
    return this.#best.sure;
  }

  get config(): Recognised['config'] {
    return this.#best.config;
  }

  /** Whether the decoder is one of bridges alone, or the client has named devices behind it. */
  get isBridge(): boolean {
    return this.decoder.bridge === 'only' || this.#speaksForOthers;
  }

  get model(): string | undefined {
    return this.#model;
  }

  get name(): string | undefined {
    return this.#name;
  }

  /** messages that the decoder reads, and messages that it refuses with the newest reason */
  get outcome(): { readonly read: number; readonly refused: number; readonly reason: Message | undefined } {
    return { read: this.#read, refused: this.#refused, reason: this.#reason };
  }

  /** the newest values, by name with their channel in front */
  get values(): readonly ReadValue[] {
    return [...this.#values].map(([name, value]) => ({ name, value }));
  }

  get questions(): readonly Question[] {
    return this.decoder.questions?.(this.config) ?? [];
  }

  /** Adds what the decoder recognised in one message, and what it reads there. */
  add(recognised: Recognised, message: UnknownMessage, received: number): void {
    if (recognised.sure >= this.#best.sure) this.#best = withKnownKeys(recognised, this.#best);
    this.#model = recognised.model ?? this.#model;
    this.#name = recognised.name ?? this.#name;
    const decoded = this.#decode(message, received);
    if (decoded === undefined) return;
    if (!decoded.ok) {
      this.#refused++;
      this.#reason = decoded.reason;
      return;
    }
    this.#read++;
    if (decoded.bridge?.devices?.some(({ gone }) => gone !== true)) this.#speaksForOthers = true;
    for (const item of decoded.items) {
      if (item.device !== undefined) this.#speaksForOthers = true;
      if (item.kind !== 'reading') continue;
      const { channel, values } = item.data;
      const part = [item.device, channel].filter((one) => one !== undefined && one !== '').join(' ');
      for (const [metric, value] of Object.entries(values)) this.#note(part ? `${part}/${metric}` : metric, value);
    }
  }

  #note(name: string, value: ReadValue['value']): void {
    if (!this.#values.has(name) && this.#values.size >= mostValues) return;
    this.#values.set(name, typeof value === 'string' ? value.slice(0, longestText) : value);
  }

  /** undefined: a decoder failed, which is a defect of its own, or does not read this topic */
  #decode({ topic, payload }: UnknownMessage, received: number): Decoded | undefined {
    const device = { id: 'unknown', decoder: this.decoder.name, ...this.config } as unknown as DeviceConfig;
    // with `bridge`, a message that names devices behind the client shows them
    const known = this.decoder.bridge === undefined ? {} : { bridge: nothingKnown };
    try {
      return this.decoder.decode({ device, topic, payload, received, ...known });
    } catch {
      // hostile-payloads.test.ts finds these
      return undefined;
    }
  }
}

/** What an unknown client has said earlier of devices behind it. */
const nothingKnown: KnownToBridge = { unitsOf: () => undefined };

/** A message that only repeats the topic does not undo what an earlier one said of the further keys. */
function withKnownKeys(next: Recognised, before: Recognised): Recognised {
  const isSame = next.config.topic === before.config.topic && Object.keys(next.config).length === 1;
  return isSame ? { ...next, config: before.config } : next;
}

/** What each decoder recognises in one message. */
export function recognise(
  decoders: readonly Decoder[],
  message: UnknownMessage,
): readonly (readonly [Decoder, Recognised])[] {
  return decoders.flatMap((decoder) => {
    try {
      const recognised = decoder.recognise?.(message);
      return recognised === undefined ? [] : [[decoder, recognised] as const];
    } catch {
      // as in `#decode`
      return [];
    }
  });
}
