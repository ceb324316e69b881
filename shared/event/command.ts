/**
 * A command of the centre to one gateway: its form, the signed bytes, and how both sides read it. One record of the topic
 * `forpost.commands` (key = gateway), or one item of `GET /ingest/v1/commands`, is a DSSE envelope
 * (github.com/secure-systems-lab/dsse, v1.0.2):
 *
 *   {"payloadType": "application/vnd.forpost.command+json", "payload": base64(bytes),
 *    "signatures": [{"keyid": "…", "sig": base64(Ed25519 over PAE(payloadType, bytes))}]}
 *
 * where `bytes` are the command's JSON as the centre wrote it. The signature covers exactly these bytes, so that no reader
 * has to make JSON canonical before it checks a signature, and two JSON libraries need not agree.
 *
 * Always: `openCommand` never throws on foreign bytes; a command that it accepts was signed by one of the given keys; no
 * payload is parsed before its signature is checked; everything that is read has a bound.
 */

import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { type Words, words } from '../texts/english.ts';
import type { Message } from '../texts/message.ts';
import { maxNesting, nestsDeeper } from './codec.ts';
import { type GatewayId, idPatternText } from './ids.ts';

export const commandPayloadType = 'application/vnd.forpost.command+json';
/** limit of a whole envelope; a longer one is refused unread */
export const maxEnvelopeBytes = 16_384;
/** limit of a command's arguments, as JSON */
export const maxArgumentsBytes = 8_192;
/** longest time from `issued` to `expires`, and so the time for which a gateway remembers applied commands */
export const longestValidityMs = 86_400_000;
/**
 * Most commands of the centre for one gateway within the longest validity. A gateway remembers its newest 10,000 ids, far
 * more than this, so that it forgets no id before its command has expired.
 */
export const maxCommandsPerDay = 2_000;
const maxSignatures = 4;
const maxAuthor = 200;

export const commandKindPattern = '^[a-z][a-z0-9.-]{0,63}$';

const commandSchema = Type.Object({
  id: Type.String({ pattern: idPatternText }),
  /** the gateway that shall run it */
  gateway: Type.String({ pattern: idPatternText }),
  kind: Type.String({ pattern: commandKindPattern }),
  arguments: Type.Record(Type.String({ maxLength: 100 }), Type.Unknown()),
  /** the person's log-in name at the centre */
  author: Type.String({ minLength: 1, maxLength: maxAuthor }),
  /** RFC 3339, by the centre's clock */
  issued: Type.String({ maxLength: 40 }),
  expires: Type.String({ maxLength: 40 }),
});
const isCommand = Compile(commandSchema);

const isEnvelope = Compile(
  Type.Object({
    payloadType: Type.String(),
    payload: Type.String(),
    signatures: Type.Array(Type.Object({ keyid: Type.Optional(Type.String()), sig: Type.String() }), {
      minItems: 1,
      maxItems: maxSignatures,
    }),
  }),
);

export interface Command {
  /** unique, given by the centre */
  readonly id: string;
  readonly gateway: GatewayId;
  readonly kind: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly author: string;
  readonly issued: string;
  readonly expires: string;
}

/** The outcome of a command: the data of its one `command.result` event. */
export interface CommandResultData {
  /** the command's id */
  readonly command: string;
  readonly kind: string;
  readonly outcome: CommandOutcome;
  /** in English words */
  readonly message: string;
  /** `message` for readers of other languages; absent from an older gateway */
  readonly message_i18n?: Message;
  readonly author: string;
}

/**
 * applied: the effect is there (or was there before) · refused: the gateway does not run such commands · failed: it tried ·
 * expired: the command came too late, and nothing was done
 */
export type CommandOutcome = 'applied' | 'refused' | 'failed' | 'expired';
export const commandOutcomes: readonly CommandOutcome[] = ['applied', 'refused', 'failed', 'expired'];

/** A public key that a gateway trusts. */
export interface CommandKey {
  /** first 16 hex digits of the key's SHA-256: the value of `keyid` */
  readonly id: string;
  readonly key: KeyObject;
  /** `ed25519:` and the 32 bytes in base64url, as installers copy it */
  readonly text: string;
}

const keyTextPattern = /^ed25519:([A-Za-z0-9_-]{43})$/;

/** A public key from the line that the centre prints; undefined for any other text. */
export function commandKeyOf(text: string): CommandKey | undefined {
  const x = keyTextPattern.exec(text)?.[1];
  if (x === undefined) return undefined;
  try {
    return commandKey(createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }));
  } catch {
    // 43 letters that are no key: the caller names the text
    return undefined;
  }
}

/** From a public or a private key. @throws RangeError for a key that is not Ed25519 */
export function commandKey(key: KeyObject): CommandKey {
  const open = key.type === 'private' ? createPublicKey(key) : key;
  const { crv, x } = open.export({ format: 'jwk' });
  if (crv !== 'Ed25519' || x === undefined) throw new RangeError('the key is not an Ed25519 one');
  const id = createHash('sha256').update(Buffer.from(x, 'base64url')).digest('hex').slice(0, 16);
  return { id, key: open, text: `ed25519:${x}` };
}

/** DSSE's pre-authentication encoding: `DSSEv1 <length> <type> <length> <payload>`, lengths in bytes. */
export function preAuthenticationEncoding(type: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** The signed envelope of a command. @throws RangeError for a command that a gateway would refuse unread */
export function sealCommand(command: Command, privateKey: KeyObject): string {
  const payload = Buffer.from(JSON.stringify(command));
  const sig = sign(null, preAuthenticationEncoding(commandPayloadType, payload), privateKey).toString('base64');
  const envelope = JSON.stringify({
    payloadType: commandPayloadType,
    payload: payload.toString('base64'),
    signatures: [{ keyid: commandKey(privateKey).id, sig }],
  });
  if (Buffer.byteLength(envelope) > maxEnvelopeBytes) throw new RangeError(`more than ${maxEnvelopeBytes} bytes`);
  return envelope;
}

export type OpenedCommand =
  | { readonly ok: true; readonly command: Command /** id of the key that signed it */; readonly key: string }
  | { readonly ok: false; readonly reason: Words };

/** Opens an envelope that one of `keys` signed, or returns the reason for refusing it. Does not judge the command's time. */
export function openCommand(envelope: Uint8Array | string, keys: readonly CommandKey[]): OpenedCommand {
  const read = readEnvelope(envelope);
  if (!read.ok) return read;
  const signed = preAuthenticationEncoding(commandPayloadType, read.payload);
  // `keyid` is an unsigned hint: any trusted key may have signed
  const key = keys.find(({ key: one }) => read.signatures.some((signature) => verify(null, signed, one, signature)));
  if (key === undefined)
    return no(keys.length === 0 ? words('gateway/answer.no-key') : words('gateway/answer.not-signed'));
  const parsed = commandIn(read.payload);
  return parsed.ok ? { ...parsed, key: key.id } : parsed;
}

/** The content of an envelope, without checking its signature: to pass it on or show it. */
export function peekCommand(envelope: Uint8Array | string): OpenedCommand {
  const read = readEnvelope(envelope);
  if (!read.ok) return read;
  const parsed = commandIn(read.payload);
  return parsed.ok ? { ...parsed, key: read.keyid } : parsed;
}

type Envelope =
  | { readonly ok: true; readonly payload: Buffer; readonly signatures: readonly Buffer[]; readonly keyid: string }
  | { readonly ok: false; readonly reason: Words };

function readEnvelope(bytes: Uint8Array | string): Envelope {
  const size = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
  if (size > maxEnvelopeBytes) return no(words('gateway/answer.too-large', { bytes: maxEnvelopeBytes }));
  const value = jsonOf(bytes);
  if (!isEnvelope.Check(value)) return no(words('gateway/answer.no-envelope'));
  if (value.payloadType !== commandPayloadType) return no(words('gateway/answer.other-payload'));
  return {
    ok: true,
    payload: Buffer.from(value.payload, 'base64'),
    signatures: value.signatures.map(({ sig }) => Buffer.from(sig, 'base64')),
    keyid: value.signatures[0]?.keyid ?? '',
  };
}

function commandIn(payload: Buffer): { readonly ok: true; readonly command: Command } | ReturnType<typeof no> {
  const value = jsonOf(payload);
  if (!isCommand.Check(value) || nestsDeeper(value, maxNesting)) return no(words('gateway/answer.no-command'));
  const [issued, expires] = [Date.parse(value.issued), Date.parse(value.expires)];
  if (Number.isNaN(issued) || Number.isNaN(expires)) return no(words('gateway/answer.no-times'));
  if (expires < issued || expires - issued > longestValidityMs)
    return no(words('gateway/answer.odd-validity', { hours: longestValidityMs / 3_600_000 }));
  const { id, gateway, kind, author } = value;
  const known = { id, gateway: gateway as GatewayId, kind, arguments: value.arguments, author };
  return { ok: true, command: { ...known, issued: value.issued, expires: value.expires } };
}

/** undefined for text that is not JSON */
function jsonOf(bytes: Uint8Array | string): unknown {
  try {
    return JSON.parse(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8'));
  } catch {
    // the caller names the expected content
    return undefined;
  }
}

function no(reason: Words): { readonly ok: false; readonly reason: Words } {
  return { ok: false, reason };
}
