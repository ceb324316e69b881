/**
 * A gateway's state from its bytes; which of two is the newer one the registry of gateways decides. Fields that this
 * version does not know are kept: an old centre takes a new gateway's state.
 *
 * Always: what passes has everything that the page shows, in numbers that can be counted with, and can be printed.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { maxNesting, nestsDeeper } from '@forpost/shared/event/codec.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

const id = Type.String({ pattern: idPatternText });
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const text = Type.String();
const value = Type.Union([Type.Number(), Type.String(), Type.Boolean()]);

const schema = Compile(
  Type.Object({
    site: id,
    gateway: id,
    name: text,
    version: text,
    starts: count,
    counter: count,
    at: text,
    everyMs: Type.Optional(Type.Number({ minimum: 0 })),
    clock: Type.Union([Type.Literal('synced'), Type.Literal('unsynced')]),
    boot: text,
    uptime: Type.Number(),
    revision: text,
    lanes: Type.Array(
      Type.Object({
        epoch: id,
        lane: Type.Union([Type.Literal('alerts'), Type.Literal('telemetry')]),
        assigned: count,
        acknowledged: count,
        bytes: count,
      }),
      { maxItems: 10_000 },
    ),
    uplinks: Type.Array(
      Type.Object({
        sink: text,
        state: text,
        since: text,
        reason: text,
        events: count,
        bytes: count,
        eventsPerSecond: Type.Number(),
        // an older gateway has no plan, a newer one may have another outlook
        plan: Type.Optional(
          Type.Object({
            eventsPerSecond: Type.Number(),
            bytesPerSecond: Type.Number(),
            arrivingPerSecond: Type.Number(),
            secondsLeft: Type.Union([Type.Number(), Type.Null()]),
            endsAt: Type.Union([text, Type.Null()]),
            outlook: text,
          }),
        ),
        budget: Type.Optional(Type.Object({ used: Type.Number(), limit: Type.Number() })),
      }),
      { maxItems: 100 },
    ),
    cameras: Type.Array(
      Type.Object({
        id: text,
        name: text,
        state: text,
        reason: text,
        framesPerSecond: Type.Number(),
        detector: text,
      }),
      { maxItems: 10_000 },
    ),
    devices: Type.Array(
      Type.Object({
        id: text,
        name: text,
        connected: Type.Boolean(),
        lastSeen: Type.Union([text, Type.Null()]),
        messages: count,
        deadLetters: count,
        values: Type.Record(text, value),
      }),
      { maxItems: 100_000 },
    ),
    commandKeys: Type.Optional(Type.Array(text, { maxItems: 100 })),
    problems: Type.Array(text, { maxItems: 1_000 }),
  }),
);

export type DecodedStatus =
  | { readonly ok: true; readonly status: GatewayStatus }
  | { readonly ok: false; readonly reason: string };

/** One status, or in words why it is none. */
export function decodeStatus(bytes: Uint8Array | string): DecodedStatus {
  let value: unknown;
  try {
    value = JSON.parse(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    return { ok: false, reason: `not JSON: ${messageOf(error)}` };
  }
  if (nestsDeeper(value, maxNesting)) return { ok: false, reason: `it is nested more than ${maxNesting} deep` };
  if (schema.Check(value)) return { ok: true, status: value as unknown as GatewayStatus };
  const [first] = schema.Errors(value);
  return { ok: false, reason: `${first?.instancePath || 'the status'} ${first?.message ?? 'is not one'}` };
}
