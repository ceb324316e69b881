/**
 * Reads a gateway's state from its bytes. Fields that this version does not know are kept: an old centre takes the state
 * of a new gateway. The directory decides which of two states is newer.
 *
 * Always: a decoded state has every field that the page shows; its numbers are finite and its texts can be printed.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { maxNesting, nestsDeeper } from '@forpost/shared/event/codec.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus, HostStatus } from '@forpost/shared/event/status.ts';
import { words } from '@forpost/shared/texts/english.ts';
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
    host: Type.Optional(
      Type.Object({
        at: text,
        values: Type.Record(text, Type.Number()),
        // a newer gateway may have other parts and levels
        findings: Type.Array(Type.Object({ part: text, level: text, text }), { maxItems: 1_000 }),
      }),
    ),
    commandKeys: Type.Optional(Type.Array(text, { maxItems: 100 })),
    sendsEvidence: Type.Optional(Type.Boolean()),
    instance: Type.Optional(id),
    restored: Type.Optional(Type.Object({ at: text, backup: text, epoch: id })),
    problems: Type.Array(text, { maxItems: 1_000 }),
  }),
);

export type DecodedStatus =
  | { readonly ok: true; readonly status: GatewayStatus }
  | { readonly ok: false; readonly reason: string };

/** The status, or the reason in words why the bytes hold no status. */
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
  const [path, said] = [first?.instancePath ?? '', first?.message ?? 'is not one'];
  const reason =
    path === '' ? words('centre/reason.status-wrong', { said }) : words('centre/reason.status-field', { path, said });
  return { ok: false, reason };
}

/** Of a status that is kept, shown and sent to pages. */
export const maxStatusBytes = 131_072;
const most = {
  lanes: 1_000,
  uplinks: 20,
  cameras: 500,
  devices: 5_000,
  values: 200,
  keys: 20,
  fields: 50,
  findings: 20,
  problems: 100,
};
const longestText = 300;

/**
 * Bounds a status, so that it ends no page's stream: long texts are shortened with a mark and lists are cut. Where the
 * status is still too large, devices lose their values and then go. `problems` says what is left out.
 */
export function boundedStatus(repeating: GatewayStatus): GatewayStatus {
  const status = withoutRepeats(repeating);
  const bytes = Buffer.byteLength(JSON.stringify(status));
  if (bytes <= maxStatusBytes / 4 && status.devices.every(({ values }) => Object.keys(values).length <= most.values))
    return status;
  const whole = shortened(status);
  if (Buffer.byteLength(JSON.stringify(whole)) <= maxStatusBytes && cutLists(status).length === 0) return whole;
  const left = [...cutLists(status)];
  // a quarter for everything but the devices
  let room = maxStatusBytes - Buffer.byteLength(JSON.stringify({ ...whole, devices: [] })) - 2_000;
  const devices: GatewayStatus['devices'][number][] = [];
  let withoutValues = 0;
  for (const device of whole.devices) {
    const bare = { ...device, values: {} };
    const [full, least] = [device, bare].map((one) => Buffer.byteLength(JSON.stringify(one)) + 1);
    if (full === undefined || least === undefined || least > room) break;
    if (full > room / 2) withoutValues++;
    devices.push(full > room / 2 ? bare : device);
    room -= full > room / 2 ? least : full;
  }
  if (devices.length < status.devices.length) left.push(`${status.devices.length - devices.length} devices`);
  if (withoutValues > 0) left.push(`the values of ${withoutValues} devices`);
  const mark = `its state is ${bytes} bytes, too large to be shown whole: left out are ${left.join(', ')}`;
  return { ...whole, devices, problems: [mark, ...whole.problems] };
}

/** Of entries with the same name the first one stays: a page distinguishes entries by their names. */
function withoutRepeats(status: GatewayStatus): GatewayStatus {
  const once = <Item>(items: readonly Item[], nameOf: (item: Item) => string): readonly Item[] => {
    const names = new Set(items.map(nameOf));
    // `delete` is true for the first of a name
    return names.size === items.length ? items : items.filter((item) => names.delete(nameOf(item)));
  };
  return {
    ...status,
    lanes: once(status.lanes, ({ epoch, lane }) => `${epoch}/${lane}`),
    uplinks: once(status.uplinks, ({ sink }) => short(sink)),
    cameras: once(status.cameras, ({ id }) => short(id)),
    devices: once(status.devices, ({ id }) => short(id)),
    problems: once(status.problems, short),
  };
}

function cutLists(status: GatewayStatus): readonly string[] {
  return (['lanes', 'uplinks', 'cameras', 'problems'] as const).flatMap((name) => {
    const more = status[name].length - most[name];
    return more > 0 ? [`${more} ${name}`] : [];
  });
}

/** The fields within bounds. A list or object that this version does not know goes where it is too large. */
function shortened(status: GatewayStatus): GatewayStatus {
  const plain = Object.entries(status).filter(([, value]) => typeof value !== 'object' || value === null);
  return {
    ...(shortTexts(Object.fromEntries(plain.slice(0, most.fields)), most.fields) as unknown as GatewayStatus),
    lanes: status.lanes.slice(0, most.lanes).map((lane) => shortTexts(lane)),
    uplinks: status.uplinks.slice(0, most.uplinks).map((uplink) => shortTexts(uplink)),
    cameras: status.cameras.slice(0, most.cameras).map((camera) => shortTexts(camera)),
    devices: status.devices
      .slice(0, most.devices)
      .map(({ values, ...device }) => ({ ...shortTexts(device), values: shortValues(values) })),
    ...(status.commandKeys === undefined ? {} : { commandKeys: status.commandKeys.slice(0, 100).map(short) }),
    ...(status.host === undefined ? {} : { host: shortHost(status.host) }),
    problems: status.problems.slice(0, most.problems).map(short),
  };
}

function shortHost({ at, model, values, findings }: HostStatus): HostStatus {
  return {
    at: short(at),
    ...(model === undefined ? {} : { model: short(model) }),
    values: Object.fromEntries(
      Object.entries(values)
        .slice(0, most.values)
        .map(([name, value]) => [short(name), value]),
    ),
    findings: findings.slice(0, most.findings).map((finding) => shortTexts(finding)),
  };
}

function shortValues(values: GatewayStatus['devices'][number]['values']): GatewayStatus['devices'][number]['values'] {
  return Object.fromEntries(
    Object.entries(values)
      .slice(0, most.values)
      .map(([name, value]) => [short(name), typeof value === 'string' ? short(value) : value]),
  );
}

/** An entry of a list: texts shortened, few fields, nested values kept where they are small. */
function shortTexts<Entry extends object>(entry: Entry, keys = most.keys): Entry {
  const fields = Object.entries(entry).slice(0, keys);
  return Object.fromEntries(
    fields.flatMap(([name, value]: [string, unknown]) => {
      if (typeof value === 'string') return [[name, short(value)]];
      if (typeof value !== 'object' || value === null) return [[name, value]];
      return JSON.stringify(value).length <= longestText ? [[name, value]] : [];
    }),
  ) as Entry;
}

function short(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText - 1).toWellFormed()}…`;
}
