/** Gateways over HTTP: the newest state of each, and whether staff have taken it out of service. */

import { answer, closed, lane, list, message, optional, time, value } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

export const backlogSchema = answer({
  epoch: Type.String({ description: 'epoch of the gateway’s outbox' }),
  lane,
  assigned: Type.Integer({ description: 'last number given' }),
  acknowledged: Type.Integer({ description: 'last number the centre called safe' }),
  bytes: Type.Integer({ description: 'that still wait' }),
});

export const gatewaySchema = answer({
  gateway: Type.String({ description: 'id of the gateway' }),
  site: Type.String({ description: 'empty where nothing but its numbers is known' }),
  online: Type.Boolean({ description: 'whether the centre hears from it now' }),
  in_service: Type.Boolean({
    description: 'false: staff took it out of service, and the centre raises nothing about it',
  }),
  last_contact: Type.Union([time('by the centre’s clock'), Type.Null()], {
    description: 'when the centre heard from it last; null: never',
  }),
  name: Type.String({ description: 'name for people' }),
  place: optional(Type.String({ description: 'where the site is, in its own words' })),
  version: Type.String({ description: 'version of Forpost; empty: not known' }),
  at: Type.Union([time('of the gateway’s own clock'), Type.Null()], {
    description: 'when the gateway made its newest status; null: none came',
  }),
  clock: Type.Union([Type.Literal('synced'), Type.Literal('unsynced'), Type.Null()], {
    description: 'whether the gateway’s clock is in sync; null: no status came',
  }),
  revision: Type.String({ description: 'of the site’s configuration' }),
  backlog: answer({
    events: Type.Integer({ description: 'committed on the site and not yet safe in the centre' }),
    bytes: Type.Integer({ description: 'bytes that wait to be sent' }),
  }),
  lanes: list(backlogSchema),
  uplinks: list(
    answer({
      sink: Type.String({ description: 'name of the uplink' }),
      state: Type.String({ description: 'offline, probing, draining, live or off' }),
      since: Type.String({ description: 'since when the state holds' }),
      reason: Type.String({ description: 'why, in words; empty where all is well' }),
      reasonI18n: optional(message('`reason` as a message of the catalogue')),
      events: Type.Integer({ description: 'events that wait to be sent' }),
      bytes: Type.Integer({ description: 'bytes that wait to be sent' }),
      eventsPerSecond: Type.Number({ description: 'events sent a second, of late' }),
      kind: optional(Type.String({ description: 'kafka, or http: the receiver' })),
      silentSince: optional(Type.String({ description: 'nothing that is sent has been answered since then' })),
      plan: optional(
        answer({
          eventsPerSecond: Type.Number({ description: 'went out and were called safe' }),
          bytesPerSecond: Type.Number({ description: 'bytes sent a second, of late' }),
          arrivingPerSecond: Type.Number({ description: 'events that came in meanwhile' }),
          secondsLeft: Type.Union([Type.Number(), Type.Null()], { description: 'null: unknown, or never' }),
          endsAt: Type.Union([Type.String(), Type.Null()], { description: 'by the gateway’s clock' }),
          outlook: Type.String({ description: 'empty, ending, growing, stopped or unknown' }),
        }),
      ),
      budget: optional(
        answer({
          used: Type.Number({ description: 'bytes on the wire of this local day' }),
          limit: Type.Number({ description: 'bytes of a day that the link may carry' }),
        }),
      ),
    }),
  ),
  cameras: list(
    answer({
      id: Type.String({ description: 'id in the site’s document' }),
      name: Type.String({ description: 'name for people' }),
      state: Type.String({ description: 'connecting, live, stalled, refused, unreachable or off' }),
      reason: Type.String({ description: 'why, in words; empty where all is well' }),
      reasonI18n: optional(message('`reason` as a message of the catalogue')),
      framesPerSecond: Type.Number({ description: 'frames analysed a second' }),
      detector: Type.String({ description: 'name of the detection model' }),
      place: optional(Type.String({ description: 'where it is, in the site’s words' })),
    }),
  ),
  devices: list(
    answer({
      id: Type.String({ description: 'id in the site’s document' }),
      name: Type.String({ description: 'name for people' }),
      connected: Type.Boolean({ description: 'whether it is connected now' }),
      lastSeen: Type.Union([Type.String(), Type.Null()], {
        description: 'when its newest message came; null: none came',
      }),
      messages: Type.Integer({ description: 'messages since the gateway’s start' }),
      deadLetters: Type.Integer({ description: 'messages that could not be processed' }),
      place: optional(Type.String({ description: 'where it is, in the site’s words' })),
      values: Type.Unsafe<Readonly<Record<string, number | string | boolean>>>(
        Type.Record(Type.String(), value, { description: 'newest values by metric' }),
      ),
    }),
  ),
  host: optional(
    answer({
      at: Type.String({ description: 'when the machine was read, by the gateway’s clock' }),
      model: optional(Type.String({ description: 'the machine’s model' })),
      values: Type.Unsafe<Readonly<Record<string, number>>>(
        Type.Record(Type.String(), Type.Number(), {
          description: 'temperature_c, disk_available_bytes, …; what the machine does not report is absent',
        }),
      ),
      findings: list(
        answer({
          part: Type.String({
            description: 'temperature, throttling, power, load, memory, disk, storage or network',
          }),
          level: Type.String({ description: 'bad: an alarm is active; watch: worth a look; unknown' }),
          text: Type.String({ description: 'the finding in words' }),
          textI18n: optional(message('`text` as a message of the catalogue')),
        }),
      ),
    }),
  ),
  problems: list(Type.String({ description: 'a problem of the gateway, in words' })),
  problems_i18n: optional(
    list(
      Type.Union([message('each of `problems` as a message of the catalogue'), Type.Null()], {
        description: 'each of `problems` as a message of the catalogue; null: it has none',
      }),
    ),
  ),
  restored: optional(
    answer({
      at: time('since then a box that was restored from a backup is this gateway'),
      backup: Type.String({ description: 'when the backup was made, by the clock of the box before; may be empty' }),
      old_box: optional(
        answer({
          last: time('when the box before last came'),
          refused: Type.Integer({ description: 'what it sent since this centre started: requests, records, states' }),
        }),
      ),
    }),
  ),
  evidence_refused: optional(
    Type.String({ description: 'why no picture or clip of its alarms can be fetched; absent: it can be asked' }),
  ),
  evidence_refused_i18n: optional(message('`evidence_refused` as a message of the catalogue')),
});
export type GatewayView = Type.Static<typeof gatewaySchema>;

export const serviceBody = Type.Object(
  { in_service: Type.Boolean({ description: 'false takes the gateway out of service' }) },
  closed,
);
export const serviceAnswer = answer({
  gateway: Type.String({ description: 'id of the gateway' }),
  in_service: Type.Boolean({ description: 'whether the centre watches this gateway' }),
});

export const gatewaysAnswer = answer({ now: time('the centre’s clock'), gateways: list(gatewaySchema) });
export type GatewaysAnswer = Type.Static<typeof gatewaysAnswer>;
