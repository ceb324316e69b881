/** Gateways over HTTP: the newest state of each, and whether staff have taken it out of service. */

import { answer, closed, lane, list, message, optional, time, value } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

export const backlogSchema = answer({
  epoch: Type.String(),
  lane,
  assigned: Type.Integer({ description: 'last number given' }),
  acknowledged: Type.Integer({ description: 'last number the centre called safe' }),
  bytes: Type.Integer({ description: 'that still wait' }),
});

export const gatewaySchema = answer({
  gateway: Type.String(),
  site: Type.String({ description: 'empty where nothing but its numbers is known' }),
  online: Type.Boolean(),
  in_service: Type.Boolean({
    description: 'false: staff took it out of service, and the centre raises nothing about it',
  }),
  last_contact: Type.Union([time('by the centre’s clock'), Type.Null()]),
  name: Type.String(),
  place: optional(Type.String({ description: 'where the site is, in its own words' })),
  version: Type.String(),
  at: Type.Union([time('of the gateway’s own clock'), Type.Null()]),
  clock: Type.Union([Type.Literal('synced'), Type.Literal('unsynced'), Type.Null()]),
  revision: Type.String({ description: 'of the site’s configuration' }),
  backlog: answer({
    events: Type.Integer({ description: 'committed on the site and not yet safe in the centre' }),
    bytes: Type.Integer(),
  }),
  lanes: list(backlogSchema),
  uplinks: list(
    answer({
      sink: Type.String(),
      state: Type.String({ description: 'offline, probing, draining, live or off' }),
      since: Type.String(),
      reason: Type.String(),
      reasonI18n: optional(message('`reason` as a message of the catalogue')),
      events: Type.Integer(),
      bytes: Type.Integer(),
      eventsPerSecond: Type.Number(),
      kind: optional(Type.String({ description: 'kafka, or http: the receiver' })),
      silentSince: optional(Type.String({ description: 'nothing that is sent has been answered since then' })),
      plan: optional(
        answer({
          eventsPerSecond: Type.Number({ description: 'went out and were called safe' }),
          bytesPerSecond: Type.Number(),
          arrivingPerSecond: Type.Number({ description: 'events that came in meanwhile' }),
          secondsLeft: Type.Union([Type.Number(), Type.Null()], { description: 'null: unknown, or never' }),
          endsAt: Type.Union([Type.String(), Type.Null()], { description: 'by the gateway’s clock' }),
          outlook: Type.String({ description: 'empty, ending, growing, stopped or unknown' }),
        }),
      ),
      budget: optional(
        answer({
          used: Type.Number({ description: 'bytes on the wire of this local day' }),
          limit: Type.Number(),
        }),
      ),
    }),
  ),
  cameras: list(
    answer({
      id: Type.String(),
      name: Type.String(),
      state: Type.String({ description: 'connecting, live, stalled, refused, unreachable or off' }),
      reason: Type.String(),
      reasonI18n: optional(message('`reason` as a message of the catalogue')),
      framesPerSecond: Type.Number(),
      detector: Type.String(),
      place: optional(Type.String({ description: 'where it is, in the site’s words' })),
    }),
  ),
  devices: list(
    answer({
      id: Type.String(),
      name: Type.String(),
      connected: Type.Boolean(),
      lastSeen: Type.Union([Type.String(), Type.Null()]),
      messages: Type.Integer(),
      deadLetters: Type.Integer(),
      place: optional(Type.String({ description: 'where it is, in the site’s words' })),
      values: Type.Unsafe<Readonly<Record<string, number | string | boolean>>>(Type.Record(Type.String(), value)),
    }),
  ),
  host: optional(
    answer({
      at: Type.String({ description: 'when the machine was read, by the gateway’s clock' }),
      model: optional(Type.String()),
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
          text: Type.String(),
          textI18n: optional(message('`text` as a message of the catalogue')),
        }),
      ),
    }),
  ),
  problems: list(Type.String()),
  problems_i18n: optional(list(Type.Union([message('each of `problems` as a message of the catalogue'), Type.Null()]))),
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
export const serviceAnswer = answer({ gateway: Type.String(), in_service: Type.Boolean() });

export const gatewaysAnswer = answer({ now: time('the centre’s clock'), gateways: list(gatewaySchema) });
export type GatewaysAnswer = Type.Static<typeof gatewaysAnswer>;
