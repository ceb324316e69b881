/** Cameras that are found, asked, tested and added over the gateway's API. */

import { idPatternText } from '@forpost/shared/event/ids.ts';
import { answer, closed, list, message, optional, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';
import { mostSearchMs, mostTestedStreams } from '../../cameras/camera-set-up.ts';

const text = (description: string) => Type.String({ description });
const sentence = (about: string) => ({
  text: text(about),
  textI18n: optional(message('`text` as a message of the catalogue')),
});
const user = Type.String({ maxLength: 128, description: 'user name at the camera' });
const password = Type.String({
  maxLength: 256,
  description: 'password at the camera; it is stored only where the camera is added',
});
const login = Type.Object({ user, password }, { ...closed, description: 'log-in at the camera; absent: none' });
const trust = {
  ca: optional(Type.String({ maxLength: 500, description: 'PEM file with the CA of the camera’s certificate' })),
  fingerprint: optional(
    Type.String({
      pattern: '^sha256:([0-9A-Fa-f]{2}:?){32}$',
      description: 'sha256:… of the camera’s own certificate, for https:// and rtsps://',
    }),
  ),
};

export const searchBody = Type.Object(
  {
    seconds: optional(
      Type.Number({
        minimum: 1,
        maximum: mostSearchMs / 1_000,
        default: 5,
        description: 'how long answers are awaited',
      }),
    ),
  },
  closed,
);

export const foundAnswer = answer({
  searching: Type.Boolean({ description: 'whether a search runs' }),
  began: optional(time('when the search began; absent: nobody has searched lately')),
  cameras: list(
    answer({
      id: text('what the camera calls itself in each search; a question names it'),
      name: text('name that the camera gives itself; empty: none'),
      model: text('model; empty: it does not say'),
      host: text('address that answered'),
      address: optional(text('address of its ONVIF service; absent: it cannot be reached from here')),
      known: optional(text('id of the camera of the site at this address')),
      problem: optional(answer(sentence('why it cannot be asked'))),
    }),
  ),
  problems: list(answer(sentence('a network that could not be asked'))),
});
export type FoundView = Type.Static<typeof foundAnswer>;

export const askBody = Type.Object(
  {
    found: optional(Type.String({ maxLength: 200, description: 'id of a found camera' })),
    address: optional(
      Type.String({ maxLength: 500, description: 'address that was typed: 10.0.0.7, camera.lan:8000, http://…' }),
    ),
    login: optional(login),
    ...trust,
  },
  closed,
);

const offered = answer({
  name: text('name of its profile'),
  codec: text('H264, H265, JPEG, …; empty: the camera does not say'),
  width: Type.Number({ description: 'pixels; 0: the camera does not say' }),
  height: Type.Number({ description: 'pixels; 0: the camera does not say' }),
  framesPerSecond: Type.Number({ description: 'pictures a second; 0: the camera does not say' }),
  keyFrameSeconds: Type.Number({ description: 's from key frame to key frame; 0: the camera does not say' }),
  sound: Type.Boolean({ description: 'whether it has a sound track' }),
  url: text('address, without a log-in'),
});
export type OfferedView = Type.Static<typeof offered>;

const suggestion = {
  detection: optional(text('url of the stream that suits detection')),
  evidence: optional(text('url of the stream that suits evidence')),
};

export const askAnswer = answer({
  address: text('address that was asked'),
  manufacturer: text('manufacturer'),
  model: text('model'),
  firmware: text('firmware'),
  serial: text('serial number'),
  clockAheadSeconds: optional(Type.Number({ description: 's by which its clock is ahead of the gateway’s' })),
  streams: list(offered),
  snapshot: optional(text('address that answers each request with one JPEG, without a log-in')),
  ...suggestion,
  notes: list(answer(sentence('what should be known'))),
});
export type AskView = Type.Static<typeof askAnswer>;

export const testBody = Type.Object(
  {
    streams: Type.Array(
      Type.Object(
        {
          url: Type.String({ maxLength: 500, description: 'rtsp://, rtsps://, http:// or https://' }),
          transport: optional(
            Type.Union([Type.Literal('tcp'), Type.Literal('udp')], { default: 'tcp', description: 'of rtsp://' }),
          ),
        },
        closed,
      ),
      { minItems: 1, maxItems: mostTestedStreams, description: 'streams of one camera, tested in this order' },
    ),
    login: optional(login),
    camera: optional(
      Type.String({
        pattern: idPatternText,
        description: 'id of a camera of the site, whose stored log-in is taken; only for streams at its own host',
      }),
    ),
    ...trust,
  },
  closed,
);

export const testAnswer = answer({
  streams: list(
    answer({
      url: text('address'),
      usable: Type.Boolean({ description: 'whether the gateway can use it' }),
      transport: optional(text('tcp or udp: how its packets came')),
      codec: optional(text('H264, H265, JPEG, …')),
      sound: optional(text('codec of the sound track; absent: it has none')),
      width: optional(Type.Number({ description: 'pixels' })),
      height: optional(Type.Number({ description: 'pixels' })),
      framesPerSecond: optional(Type.Number({ description: 'pictures a second' })),
      bitsPerSecond: optional(Type.Number({ description: 'bits a second' })),
      keyFrameMs: optional(Type.Number({ description: 'longest interval of key frames, ms' })),
      decodeLoad: optional(Type.Number({ description: 'part of one processor core that decoding takes' })),
      picture: optional(text('a JPEG in base64')),
      findings: list(
        answer({
          level: Type.Union([Type.Literal('fault'), Type.Literal('warning')], {
            description: 'fault: it is of no use as it is · warning: something should be changed',
          }),
          ...sentence('what is wrong, and what to do'),
        }),
      ),
    }),
  ),
  ...suggestion,
});
export type StreamTestView = Type.Static<typeof testAnswer>;

const path = Type.Array(Type.Union([Type.String({ maxLength: 200 }), Type.Integer({ minimum: 0 })]), {
  minItems: 1,
  maxItems: 8,
  description: 'keys from the top of the document, as for PATCH /api/v1/site',
});
export const saveBody = Type.Object(
  {
    edits: optional(
      Type.Array(
        Type.Union([
          Type.Object({ set: path, value: Type.Unknown({ description: 'the new value' }) }, closed),
          Type.Object({ remove: path }, closed),
        ]),
        { maxItems: 500, description: 'edits of the document, all or none; absent: only the log-in changes' },
      ),
    ),
    login: optional(
      Type.Object(
        { user, password },
        { ...closed, description: 'log-in to store; an empty user removes it; absent: it stays' },
      ),
    ),
    why: optional(Type.String({ maxLength: 500, description: 'the reason; it stands in the history' })),
  },
  closed,
);
