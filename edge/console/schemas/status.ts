/** The whole state over the gateway's API, the rules of the site, and the query of the stream. */

import type { Epoch } from '@forpost/shared/event/ids.ts';
import { gatewayStatusSchema } from '@forpost/shared/event/status-schema.ts';
import { answer, list, message, optional } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';
import { severitySchema } from '../../site/site.ts';
import { activeAlarmSchema } from './alarms.ts';
import { cameraScene } from './cameras.ts';
import { refusedSchema } from './clients.ts';

const orNull = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

const summary = answer({
  level: Type.Enum(['well', 'attention', 'alarm'], { description: 'how the site is' }),
  headline: Type.String({ description: 'how the site is, in words' }),
  headlineI18n: optional(message('`headline` as a message of the catalogue')),
  points: list(
    answer({
      area: Type.Enum(['alarms', 'devices', 'cameras', 'uplink', 'clock', 'problems'], {
        description: 'what the point is about',
      }),
      text: Type.String({ description: 'what needs a person, in words' }),
      textI18n: optional(message('`text` as a message of the catalogue')),
    }),
  ),
});

const outbox = answer({
  epoch: Type.Unsafe<Epoch>(Type.String({ description: 'id of this life of the outbox' })),
  starts: Type.Integer({ description: 'how many times the outbox was started' }),
  committedEvents: Type.Integer({ description: 'events committed since the gateway started' }),
  repeatedEvents: Type.Integer({ description: 'resent events that were not stored again' }),
  reusedIds: list(
    answer({
      device: Type.String({ description: 'id of a device that reused an id within the last day' }),
      count: Type.Integer({ description: 'events with other content under a known id' }),
      lastAt: Type.Number({ description: 'ms since 1970 of the newest one' }),
    }),
  ),
  deadLetters: Type.Integer({ description: 'kept messages that cannot be processed' }),
  commits: Type.Integer({ description: 'commits since the gateway started' }),
  lastCommitMs: Type.Number({ description: 'ms of the last commit' }),
  longestCommitMs: Type.Number({ description: 'ms of the longest commit of the last minute' }),
  queued: Type.Integer({ description: 'entries that wait for the disk' }),
  fileBytes: Type.Number({ description: 'bytes of the file' }),
  lastSyncMs: Type.Number({ description: 'ms that the last commit’s log took to be written and synced' }),
  longestSyncMs: Type.Number({ description: 'ms of the longest such write of the last minute' }),
  room: answer({
    maxBytes: Type.Number({ description: 'bytes that the outbox may use' }),
    usedBytes: Type.Number({ description: 'bytes that are in use' }),
    freeDiskBytes: orNull('free bytes of the disk; null: unknown'),
    minFreeBytes: Type.Number({ description: 'free bytes below which telemetry no longer grows the file' }),
    diskFull: Type.Boolean({ description: 'a write has failed because the disk was full' }),
    shedsInMs: orNull('ms until the oldest readings are shed, where there is no space; null: shedding does not wait'),
    ballastBytes: Type.Number({ description: 'bytes of the file that is deleted when the disk is full' }),
    shedEvents: Type.Integer({ description: 'undelivered events shed since the gateway started' }),
    shedRanges: Type.Integer({ description: 'ranges that name them' }),
    daysLeft: orNull('days until telemetry is shed if nothing is delivered; null: unknown yet'),
    writtenBytes: orNull('bytes written to the disk since the gateway started; null: unknown'),
    writtenBytesADay: orNull('bytes written a day, at the rate of the last hour; null: unknown'),
  }),
  problem: Type.String({ description: 'what is wrong with the outbox, in words; empty where nothing is' }),
});

export const statusAnswer = answer({
  ...gatewayStatusSchema.properties,
  summary,
  alarms: list(activeAlarmSchema),
  outbox,
  refused: list(refusedSchema),
  scenes: Type.Record(Type.String(), cameraScene, { description: 'zones, lines and masks by id of the camera' }),
});
export type ConsoleStatus = Type.Static<typeof statusAnswer>;
export type Summary = Type.Static<typeof summary>;

const siteRule = answer({
  id: Type.String({ description: 'id of the rule' }),
  name: Type.String({ description: 'name of the rule' }),
  kind: Type.String({ description: 'kind of the rule' }),
  severity: severitySchema,
  sentence: Type.String({ description: 'what the rule does, in words' }),
  sentenceI18n: optional(message('`sentence` as a message of the catalogue')),
  config: Type.Unsafe<object>(
    Type.Object({}, { additionalProperties: true, description: 'the rule as in the document' }),
  ),
  cannotFire: list(
    answer({
      device: Type.String({ description: 'id of a device on whose messages so far the rule cannot fire' }),
      reason: Type.String({ description: 'why, in words' }),
    }),
  ),
});
export type SiteRule = Type.Static<typeof siteRule>;
export const rulesAnswer = answer({ rules: list(siteRule) });

export const streamQuery = Type.Object({
  watch: optional(
    Type.String({ maxLength: 2000, description: 'ids of the cameras whose tracks are wanted, separated by commas' }),
  ),
});
