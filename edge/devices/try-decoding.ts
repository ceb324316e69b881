/**
 * Decodes one message outside of any site, by the decoders and checks of the gateway: for a person who asks why a device
 * is not understood, and for tests of payload forms.
 *
 *   message ──► keys that site.yaml would have (given, recognised, or of the topic's levels) ──► decode ──► check
 *
 * Always: pure; nothing is kept between two messages, so that a decoder that learns from earlier ones (names of channels,
 * units of a bridge) says what it says of a device's first message. No message makes it throw.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { message as note } from '@forpost/shared/texts/texts.ts';
import { FilterSet } from '../broker/filter-set.ts';
import type { DeviceConfig } from '../site/site.ts';
import { checkDecoded } from './checks.ts';
import type { Decoded, Decoder, KnownToBridge } from './decoder.ts';
import { readTopics } from './principals.ts';
import { quoted } from './quoted.ts';
import type { Recognised, UnknownMessage } from './recognise.ts';

/** Payloads of which one makes each decoder judge a message by its topic alone. */
const standIns = ['{}', 'online', 'true', 'on'];
/** A bridge that has said nothing yet. */
const silentBridge: KnownToBridge = { unitsOf: () => undefined };

export interface TriedMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** ms since 1970 */
  readonly received: number;
  /** the latest plausible time of the device, ms since 1970 */
  readonly latest: number;
  /** id of the device; default: what the topic calls it */
  readonly device?: string | undefined;
  /** the site has the log-in as a bridge; a decoder of bridges alone takes every log-in for one */
  readonly bridge?: boolean | undefined;
  /** keys of the device in site.yaml that are known: `topic`, `full_topic`, … */
  readonly keys?: Readonly<Record<string, unknown>>;
}

/** What one decoder says of the message. */
export interface Answer {
  readonly decoder: string;
  /** how sure it is that the message is of its kind of device, 0 to 1 */
  readonly sure: number;
  /** maker and model, as the message names them */
  readonly model: string | undefined;
  /** id of the device that the readings are of, unless a reading names another */
  readonly device: string;
  readonly decoded: Decoded;
}

/** The answer of one decoder. `isChosen`: a person named it, so that any level of the topic may be the device's name. */
export function tryDecoder(decoder: Decoder, tried: TriedMessage, isChosen = true): Answer {
  const { topic, payload, device, keys = {} } = tried;
  const recognised = recognise(decoder, { clientId: '', user: '', topic, payload });
  const config = configFor(decoder, tried, recognised, isChosen);
  const name = device ?? String(keys.topic ?? config.topic ?? config.id);
  return {
    decoder: decoder.name,
    sure: recognised?.sure ?? 0,
    model: recognised?.model,
    device: name,
    decoded: decode(decoder, config, tried),
  };
}

/** The answers of all `decoders`, the surest first. */
export function tryDecoders(decoders: readonly Decoder[], tried: TriedMessage): readonly Answer[] {
  return decoders.map((decoder) => tryDecoder(decoder, tried, false)).sort((a, b) => b.sure - a.sure);
}

function recognise(decoder: Decoder, message: UnknownMessage): Recognised | undefined {
  try {
    return decoder.recognise?.(message);
  } catch {
    return undefined;
  }
}

/** The device's keys: the first of the candidates with which the decoder reads the topic. */
function configFor(
  decoder: Decoder,
  tried: TriedMessage,
  recognised: Recognised | undefined,
  isChosen: boolean,
): DeviceConfig {
  const { topic, device, keys = {} } = tried;
  const byTopic = standIns.flatMap((text) => {
    const found = recognise(decoder, { clientId: '', user: '', topic, payload: Buffer.from(text) });
    return found === undefined ? [] : [found.config];
  });
  const levels = isChosen ? topic.split('/').filter((level) => level !== '') : [];
  const candidates = [
    ...(recognised === undefined ? [] : [recognised.config]),
    ...byTopic,
    ...(device === undefined ? [] : [{ topic: device }]),
    ...levels.map((level) => ({ topic: level })),
  ].map((found) => ({ id: device ?? found.topic, decoder: decoder.name, ...found, ...keys }) as DeviceConfig);
  const fallback = { id: device ?? decoder.name, decoder: decoder.name, ...keys } as DeviceConfig;
  return (
    [fallback, ...candidates].find((config) => filtersOf(decoder, config, tried.bridge).read.matches(topic)) ?? fallback
  );
}

/** The topics that the decoder reads of this device, and all others that the device may publish to. */
function filtersOf(
  decoder: Decoder,
  config: DeviceConfig,
  bridge: boolean | undefined,
): { readonly read: FilterSet; readonly others: FilterSet } {
  const { unread = [], shared = [], readShared = [] } = decoder.moreTopics?.(config) ?? {};
  const read = [...readTopics(config, decoder, isBridge(decoder, bridge)), ...readShared];
  return { read: new FilterSet(read), others: new FilterSet([...unread, ...shared]) };
}

function decode(decoder: Decoder, config: DeviceConfig, tried: TriedMessage): Decoded {
  const { topic, payload, received, latest, bridge } = tried;
  const { read, others } = filtersOf(decoder, config, bridge);
  if (!read.matches(topic))
    return others.matches(topic)
      ? { ok: true, items: [] }
      : { ok: false, reason: note('gateway/note.other-topic', { topic: quoted(topic) }) };
  const given = { device: config, topic, payload, received };
  try {
    const decoded = decoder.decode(isBridge(decoder, bridge) ? { ...given, bridge: silentBridge } : given);
    return checkDecoded(decoded, received, () => latest);
  } catch (error) {
    const values = { name: decoder.name, error: messageOf(error) };
    return { ok: false, reason: note('gateway/note.decoder-failed', values) };
  }
}

function isBridge(decoder: Decoder, asked = false): boolean {
  return decoder.bridge === 'only' || (decoder.bridge === 'also' && asked);
}
