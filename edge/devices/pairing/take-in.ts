/**
 * Takes an unknown client in: its credential into secrets.yaml, then its entry into the site's document, through the one
 * door of all changes.
 *
 *   hash of the password ─► 1. credential in secrets.yaml ─► 2. document checked, prepared, written ─► parts commit ─► closed
 *        kill -9 after 1: a credential that no entry uses, which stops no start; the next try replaces it
 *        2 refused: the credential is taken back as it was
 *
 * Always: an entry has its credential before it is in the document, because a document without it would not load; a
 * change of others in between is no obstacle, because the entry is new; a refusal has changed nothing.
 */

import { configProblems } from '@forpost/shared/config/yaml.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { isId } from '@forpost/shared/event/ids.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import { idFromName } from '@forpost/shared/texts/id-from-name.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { Refused, TakeBack } from '../../site/change.ts';
import type { SiteDocument } from '../../site/document.ts';
import { refusedFor } from '../../site/refused-for.ts';
import type { Author } from '../../site/revision.ts';
import type { Site } from '../../site/site.ts';
import { siteDevices } from '../../site/site-devices.ts';
import type { Decoder } from '../decoder.ts';
import type { Judgement } from './judgement.ts';
import type { Knocker } from './knocker.ts';
import { type OwnLogIn, ownLogInOf } from './own-log-in.ts';

/** Where an entry stands in the document: a bridge speaks for many devices. */
export type Section = 'devices' | 'bridges';

export interface TakeInRequest {
  /** for people */
  readonly name: string;
  /** default: made of the name */
  readonly id?: string | undefined;
  readonly place?: string | undefined;
  /** default: the surest one */
  readonly decoder?: string | undefined;
  /** what it calls itself in its topics; default: what the decoder recognised */
  readonly topic?: string | undefined;
  /** what it becomes; default: a bridge where it has named devices behind it, or its decoder is one of bridges alone */
  readonly section?: Section | undefined;
  /** own: what the client came with · made: a new credential. Default: own where that is possible and not weak */
  readonly logIn?: 'own' | 'made' | undefined;
}

export type RefusalKind = 'closed' | 'unknown' | 'taken-in' | 'field' | 'problems';

export interface Refusal {
  readonly refused: RefusalKind;
  readonly said: Message;
  /** the wrong field of the request */
  readonly field?: keyof TakeInRequest | undefined;
  /** of `problems`: a line each */
  readonly problems?: readonly string[];
}

export interface NewDevice {
  /** id of the device or bridge */
  readonly device: string;
  readonly section: Section;
  readonly name: string;
  /** number of the revision that it came with */
  readonly revision: number;
  /** to be entered in the device, and shown once; undefined: it keeps what it came with */
  readonly credential?: { readonly user: string; readonly password: string };
}

export type TakeInResult = NewDevice | Refusal;
export type TakeIn = (knocker: Knocker, request: TakeInRequest, author: Author) => Promise<TakeInResult>;

/** A credential for one that is about to be added. Passwords are hashes. */
export type NewCredential =
  | {
      readonly kind: 'fixed';
      readonly id: string;
      readonly user: string;
      readonly clientId: string | undefined;
      readonly password: string;
    }
  | { readonly kind: 'password'; readonly id: string; readonly password: string };

export interface TakeInParts {
  readonly document: Pick<SiteDocument, 'change' | 'newest'>;
  readonly site: () => Site;
  readonly decoders: readonly Decoder[];
  /** who logs in with this user name and client id */
  readonly ownerOf: (user: string, clientId: string) => string | undefined;
  /** Writes a credential, and returns what takes it back. @throws ForpostError FORPOST_CONFIG_INVALID, FORPOST_ARGUMENT_INVALID */
  readonly putCredential: (credential: NewCredential) => TakeBack | Promise<TakeBack>;
  /** the argon2id hash of a password */
  readonly hash: (password: string) => Promise<string>;
}

/** Each try may meet another change of the document. */
const mostTries = 5;
const longestName = 100;

export function refusal(refused: RefusalKind, said: Message, field?: keyof TakeInRequest): Refusal {
  return { refused, said, ...(field === undefined ? {} : { field }) };
}

export function createTakeIn(parts: TakeInParts): TakeIn {
  return async (knocker, request, author) => {
    const own = logInOf(parts, knocker, request);
    if (own !== undefined && 'refused' in own) return own;
    const first = plan(parts, knocker, request);
    if ('refused' in first) return first;
    const made = own === undefined ? makeCredential() : undefined;
    const password = made?.hash ?? (await parts.hash(own?.password ?? ''));
    const changed = await change(parts, { knocker, request, author, own, password });
    if ('refused' in changed || made === undefined) return changed;
    return { ...changed, credential: { user: changed.device, password: made.password } };
  };
}

interface Plan {
  readonly id: string;
  readonly name: string;
  readonly section: Section;
  readonly entry: Readonly<Record<string, unknown>>;
}

function plan(parts: TakeInParts, knocker: Knocker, request: TakeInRequest): Plan | Refusal {
  const name = request.name.trim();
  if (name === '' || name.length > longestName)
    return refusal('field', message('gateway/pairing.name', { count: longestName }), 'name');
  const ids = takenIds(parts.site());
  // an id is a user name too: it must not be the fixed user name of another
  const isTaken = (one: string) => ids.has(one) || parts.ownerOf(one, '') !== undefined;
  const id = request.id ?? idFromName(name, isTaken);
  if (!isId(id)) return refusal('field', message('gateway/pairing.no-id', { id: id.slice(0, 64) }), 'id');
  if (isTaken(id)) return refusal('field', message('gateway/pairing.id-taken', { id }), 'id');
  const config = configOf(parts.decoders, knocker, request);
  if ('refused' in config) return config;
  const place = request.place?.trim() ?? '';
  const { decoder, keys, section } = config;
  const entry = { id, name, decoder: decoder.name, ...keys, ...(place === '' ? {} : { place }) };
  return { id, name, section, entry };
}

/** What the client becomes where nobody says otherwise. */
export function sectionOf(judgement: Pick<Judgement, 'isBridge'>): Section {
  return judgement.isBridge ? 'bridges' : 'devices';
}

function sectionFor(
  decoder: Decoder,
  judgement: Judgement | undefined,
  wanted: Section | undefined,
): Section | Refusal {
  const { bridge, about } = decoder;
  if (wanted === 'bridges' && bridge === undefined)
    return refusal('field', message('gateway/pairing.never-bridge', { about }), 'section');
  if (wanted === 'devices' && bridge === 'only')
    return refusal('field', message('gateway/pairing.only-bridge', { about }), 'section');
  return wanted ?? sectionOf(judgement ?? { isBridge: bridge === 'only' });
}

interface DecoderChoice {
  readonly decoder: Decoder;
  readonly keys: Readonly<Record<string, unknown>>;
  readonly section: Section;
}

function configOf(
  decoders: readonly Decoder[],
  { judgements }: Knocker,
  { decoder: wanted, topic, section: asked }: TakeInRequest,
): DecoderChoice | Refusal {
  const judgement = wanted === undefined ? judgements[0] : judgements.find(({ decoder }) => decoder.name === wanted);
  const decoder = judgement?.decoder ?? decoders.find(({ name }) => name === wanted);
  if (decoder === undefined) {
    const names = decoders.map(({ name }) => name).join(', ');
    return refusal('field', message('gateway/pairing.choose-decoder', { names }), 'decoder');
  }
  const section = sectionFor(decoder, judgement, asked);
  if (typeof section !== 'string') return section;
  if (topic !== undefined) return { decoder, keys: { ...judgement?.config, topic }, section };
  if (judgement === undefined) return refusal('field', message('gateway/pairing.say-topic'), 'topic');
  return { decoder, keys: judgement.config, section };
}

function logInOf(parts: TakeInParts, knocker: Knocker, { logIn }: TakeInRequest): OwnLogIn | Refusal | undefined {
  if (logIn === 'made') return undefined;
  const judged = ownLogInOf(knocker, parts.ownerOf);
  if ('not' in judged) return logIn === 'own' ? refusal('field', judged.not, 'logIn') : undefined;
  return logIn === 'own' || judged.weak === undefined ? judged.logIn : undefined;
}

function credentialOf(id: string, own: OwnLogIn | undefined, password: string): NewCredential {
  if (own === undefined || (own.user === id && own.clientId === undefined)) return { kind: 'password', id, password };
  return { kind: 'fixed', id, user: own.user, clientId: own.clientId, password };
}

interface Taking {
  readonly knocker: Knocker;
  readonly request: TakeInRequest;
  readonly author: Author;
  /** undefined: the credential is made */
  readonly own: OwnLogIn | undefined;
  /** hash */
  readonly password: string;
}

/** Plans anew for each try: meanwhile somebody else may have given the id to another device. */
async function change(parts: TakeInParts, taking: Taking): Promise<TakeInResult> {
  const { knocker, request, author, own, password } = taking;
  const { document, putCredential } = parts;
  const why = `paired: ${knocker.clientId || 'a client without an id'} from ${knocker.address}`;
  try {
    for (let tries = 0; tries < mostTries; tries++) {
      const planned = plan(parts, knocker, request);
      if ('refused' in planned) return planned;
      const { id, name, section, entry } = planned;
      const changed = await document.change({
        seen: String(document.newest.number),
        author,
        why,
        edit: [{ set: [section, id], value: entry }],
        makeSecrets: () => putCredential(credentialOf(id, own, password)),
      });
      if ('revision' in changed) return { device: id, section, name, revision: changed.revision.number };
      if ('problems' in changed) return problems(changed);
      if ('unchanged' in changed || changed.conflict === 'by-hand')
        return refusal('problems', message('gateway/pairing.edited-by-hand'));
    }
    return refusal('problems', message('gateway/pairing.others-change'));
  } catch (error) {
    if (!(error instanceof ForpostError)) throw error;
    return problems({ problems: configProblems(error) ?? [messageOf(error)] });
  }
}

function problems(found: Refused): Refusal {
  return { refused: 'problems', said: refusedFor(found), problems: found.problems };
}

function takenIds(site: Site): ReadonlySet<string> {
  return new Set([...siteDevices(site), ...site.consumers, ...site.cameras].map((one): string => one.id));
}
