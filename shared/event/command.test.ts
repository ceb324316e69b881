import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type Command,
  commandKey,
  commandKeyOf,
  commandPayloadType,
  maxEnvelopeBytes,
  openCommand,
  peekCommand,
  preAuthenticationEncoding,
  sealCommand,
} from './command.ts';
import { asId } from './ids.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519').privateKey;
const trusted = [commandKey(privateKey)];

const command: Command = {
  id: 'c-1',
  gateway: asId('gw-1'),
  kind: 'acknowledge',
  arguments: { alarm: 'overload/meter/-/0123456789ab' },
  author: 'admin',
  issued: '2026-01-01T00:00:00.000Z',
  expires: '2026-01-01T01:00:00.000Z',
};

interface Envelope {
  payloadType: string;
  payload: string;
  signatures: { keyid?: string; sig: string }[];
}
const envelope = (change: (envelope: Envelope) => void): string => {
  const value = JSON.parse(sealCommand(command, privateKey)) as Envelope;
  change(value);
  return JSON.stringify(value);
};
/** Signs any payload, as a faulty centre could. */
const signed = (payload: unknown, key: KeyObject = privateKey) => {
  const bytes = Buffer.from(JSON.stringify(payload));
  const sig = sign(null, preAuthenticationEncoding(commandPayloadType, bytes), key).toString('base64');
  return JSON.stringify({
    payloadType: commandPayloadType,
    payload: bytes.toString('base64'),
    signatures: [{ sig }],
  });
};

describe('a signed command', () => {
  test('a command reads back unchanged for everyone who trusts the key', () => {
    const sealed = sealCommand(command, privateKey);
    expect(openCommand(sealed, trusted)).toEqual({ ok: true, command, key: trusted[0]?.id });
    expect(openCommand(Buffer.from(sealed), [commandKey(stranger), ...trusted])).toMatchObject({ ok: true });
  });

  test('the signature covers DSSE’s pre-authentication encoding, so that other programs can check it', () => {
    // the example of the DSSE specification
    expect(preAuthenticationEncoding('http://example.com/HelloWorld', Buffer.from('hello world')).toString()).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
    const { payload, signatures } = JSON.parse(sealCommand(command, privateKey)) as Envelope;
    const bytes = Buffer.from(payload, 'base64');
    const head = `DSSEv1 36 application/vnd.forpost.command+json ${bytes.length} `;
    const signedBytes = Buffer.concat([Buffer.from(head), bytes]);
    const key = trusted[0]?.key as KeyObject;
    expect(verify(null, signedBytes, key, Buffer.from(signatures[0]?.sig ?? '', 'base64'))).toBe(true);
  });

  test.each([
    ['another key', sealCommand(command, stranger), /no trusted key/],
    [
      'another payload under the same signature',
      envelope((e) => {
        const other = JSON.stringify({ ...command, arguments: { alarm: 'other' } });
        e.payload = Buffer.from(other).toString('base64');
      }),
      /no trusted key/,
    ],
    [
      'another key that says it is the trusted one',
      envelope((e) => {
        const { signatures } = JSON.parse(sealCommand(command, stranger)) as Envelope;
        e.signatures = [{ keyid: trusted[0]?.id ?? '', sig: signatures[0]?.sig ?? '' }];
      }),
      /no trusted key/,
    ],
    [
      'a signature cut short',
      envelope((e) => {
        e.signatures = [{ sig: e.signatures[0]?.sig.slice(0, 40) ?? '' }];
      }),
      /no trusted key/,
    ],
    [
      'no signature',
      envelope((e) => {
        e.signatures = [];
      }),
      /not a signed command/,
    ],
    [
      'a hundred signatures',
      envelope((e) => {
        e.signatures = Array.from({ length: 100 }, () => ({ sig: '' }));
      }),
      /not a signed command/,
    ],
    [
      'another payload type',
      envelope((e) => {
        e.payloadType = 'application/json';
      }),
      /another type/,
    ],
    ['the bare command', JSON.stringify(command), /not a signed command/],
    ['no JSON', '\u0000{', /not a signed command/],
    ['nothing', '', /not a signed command/],
    ['null', 'null', /not a signed command/],
    ['too much', `{"x":"${'x'.repeat(maxEnvelopeBytes)}"}`, /larger than 16,384/],
    ['brackets without end', '['.repeat(16_000), /not a signed command/],
  ])('%s is refused with a reason', (_, text, reason) => {
    expect(openCommand(text, trusted)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
    expect(openCommand(Buffer.from(text), trusted).ok).toBe(false);
  });

  test('without a trusted key no command is opened', () => {
    expect(openCommand(sealCommand(command, privateKey), [])).toEqual({
      ok: false,
      reason: 'no key is trusted to sign commands',
    });
  });

  test.each([
    ['no kind', { ...command, kind: undefined }, /not a command/],
    ['an id that is none', { ...command, id: 'A B' }, /not a command/],
    ['arguments that are a list', { ...command, arguments: [1] }, /not a command/],
    ['a time that is none', { ...command, issued: 'yesterday' }, /when it was issued/],
    ['an end before its beginning', { ...command, expires: '2025-01-01T00:00:00Z' }, /not valid for/],
    ['a validity of years', { ...command, expires: '2036-01-01T00:00:00Z' }, /not valid for/],
  ])('a payload with %s is no command, signed or not', (_, payload, reason) => {
    expect(openCommand(signed(payload), trusted)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });

  test('unknown fields of a newer centre’s payload are ignored', () => {
    expect(openCommand(signed({ ...command, later: true }), trusted)).toMatchObject({ ok: true, command });
  });

  test('an envelope can be read without a key, to pass it on or show it', () => {
    expect(peekCommand(sealCommand(command, stranger))).toEqual({ ok: true, command, key: commandKey(stranger).id });
    expect(peekCommand('{}').ok).toBe(false);
  });

  test('a command that a gateway would refuse unread is not sealed', () => {
    expect(() => sealCommand({ ...command, arguments: { text: 'x'.repeat(20_000) } }, privateKey)).toThrow(RangeError);
  });
});

describe('a public key', () => {
  test('a key is one line with its kind, and reads back', () => {
    const { text, id } = commandKey(privateKey);
    expect(text).toMatch(/^ed25519:[A-Za-z0-9_-]{43}$/);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(commandKeyOf(text)?.id).toBe(id);
  });

  test.each(['', 'ed25519:', 'ed25519:abc', `rsa:${'A'.repeat(43)}`, ` ${commandKey(privateKey).text}`])(
    '"%s" is none',
    (text) => {
      expect(commandKeyOf(text)).toBeUndefined();
    },
  );

  test('a key of another kind is refused', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(() => commandKey(publicKey)).toThrow(RangeError);
  });
});
