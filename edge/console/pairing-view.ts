/** The pairing window as the API shows it. Passwords of unknown clients are in no view. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import type { RefusedClient, RefusedClients } from '../broker/refused-clients.ts';
import type { Decoder } from '../devices/decoder.ts';
import type { Judgement } from '../devices/pairing/judgement.ts';
import type { Knocker, KnockerTopic } from '../devices/pairing/knocker.ts';
import { ownLogInOf } from '../devices/pairing/own-log-in.ts';
import type { Pairing } from '../devices/pairing/pairing.ts';
import { sectionOf } from '../devices/pairing/take-in.ts';
import type { JudgementView, KnockerView, PairingView } from './schemas/pairing.ts';

export interface PairingViewParts {
  readonly pairing: Pick<Pairing, 'window' | 'knockers' | 'turnedAway'>;
  readonly refusedClients: Pick<RefusedClients, 'list'>;
  readonly decoders: readonly Pick<Decoder, 'name' | 'about' | 'bridge'>[];
  /** who logs in with this user name and client id */
  readonly ownerOf: (user: string, clientId: string) => string | undefined;
  /** the name of a device, bridge or consumer for people */
  readonly nameOf: (id: string) => string;
}

export function pairingView(parts: PairingViewParts): PairingView {
  const { window, knockers, turnedAway } = parts.pairing;
  const strangers = parts.refusedClients.list().filter(({ kind }) => kind === 'stranger' || kind === 'password');
  return {
    window:
      window === undefined
        ? null
        : { by: window.by, openedAt: rfc3339(window.openedAt), endsAt: rfc3339(window.endsAt) },
    turnedAway,
    knockers: knockers.map((knocker) => knockerView(knocker, parts, strangers)),
    decoders: parts.decoders.map(({ name, about, bridge = 'never' as const }) => ({ name, about, bridge })),
  };
}

function knockerView(
  knocker: Knocker,
  { ownerOf, nameOf }: PairingViewParts,
  strangers: readonly RefusedClient[],
): KnockerView {
  const { number, address, clientId, user, since, last, counts, knock, topics, judgements, takenIn } = knocker;
  const { principal, isEncrypted, version } = knock;
  const before = strangers.filter((one) => one.address === knock.address && one.user === (user ?? '').slice(0, 64));
  return {
    number,
    address,
    clientId,
    user: user ?? null,
    hasPassword: (knocker.password?.length ?? 0) > 0,
    encrypted: isEncrypted,
    version,
    claims: principal === null ? null : { id: principal, name: nameOf(principal) },
    refusedBefore: before.reduce((sum, { count }) => sum + count, 0),
    connected: knocker.isConnected,
    since: rfc3339(since),
    last: rfc3339(last),
    ...counts,
    topics: topics.map(topicView),
    judgements: judgements.map(judgementView),
    suggestedName: suggestedName(knocker),
    logIn: logInView(knocker, ownerOf),
    takenIn:
      takenIn === undefined
        ? null
        : {
            ...takenIn,
            at: rfc3339(takenIn.at),
            arrived: takenIn.arrived === undefined ? null : rfc3339(takenIn.arrived),
          },
  };
}

function topicView({ begin, at, isRetained, ...topic }: KnockerTopic): KnockerView['topics'][number] {
  const bytes = Buffer.from(begin);
  const text = bytes.toString('utf8');
  // the limit may have cut the last character in two
  const isText = !text.slice(0, -3).includes('\uFFFD');
  return {
    ...topic,
    retained: isRetained,
    begin: isText ? text : bytes.toString('hex'),
    encoding: isText ? 'text' : 'hex',
    at: rfc3339(at),
  };
}

function judgementView(judgement: Judgement): JudgementView {
  const { decoder, sure, config, model, name, outcome, values } = judgement;
  const { read, refused, reason } = outcome;
  return {
    decoder: decoder.name,
    about: decoder.about,
    section: sectionOf(judgement),
    sure,
    topic: config.topic,
    model: model ?? null,
    name: name ?? null,
    read,
    refused,
    ...inWords('reason', 'reasonI18n', reason),
    values,
  };
}

function logInView(knocker: Knocker, ownerOf: PairingViewParts['ownerOf']): KnockerView['logIn'] {
  const judged = ownLogInOf(knocker, ownerOf);
  const not = 'not' in judged ? judged.not : undefined;
  const weak = 'weak' in judged ? judged.weak : undefined;
  return { own: not === undefined, ...inWords('why', 'whyI18n', not), ...inWords('weak', 'weakI18n', weak) };
}

function inWords<Key extends string, I18n extends string>(
  key: Key,
  i18n: I18n,
  text: Message | undefined,
): { readonly [K in Key]: string | null } & { readonly [K in I18n]?: Message } {
  const words = text === undefined ? { [key]: null } : { [key]: inEnglish(text), [i18n]: text };
  return words as { readonly [K in Key]: string | null } & { readonly [K in I18n]?: Message };
}

/** Its own name, else its model, its topic, its client id or its address. */
function suggestedName({ judgements, clientId, address }: Knocker): string {
  const [surest] = judgements;
  return surest?.name ?? surest?.model ?? surest?.config.topic ?? (clientId === '' ? address : clientId);
}
