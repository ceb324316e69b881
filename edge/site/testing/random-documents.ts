/** Random documents of a site and random events on it, made by fast-check, for tests of changes while a gateway runs. */
import fc from 'fast-check';

export const deviceIds = ['meter', 'oven', 'lamp'];
export const bridgeIds = ['hub', 'attic'];
export const behindIds = ['s1', 's2'];
export const users = [...deviceIds, ...bridgeIds, 'display'];

const name = fc.option(fc.constantFrom('One', 'Two'), { nil: undefined });
const severity = fc.option(fc.constantFrom('info', 'critical'), { nil: undefined });
const target = fc.constantFrom('*', ...deviceIds, ...bridgeIds, ...behindIds);
const device = fc.record({ id: fc.constantFrom(...deviceIds), decoder: fc.constantFrom('native', 'tasmota'), name });
const bridged = fc.record({ id: fc.constantFrom(...behindIds), source: fc.constantFrom('one', 'two'), name });
const bridge = fc.record({
  id: fc.constantFrom(...bridgeIds),
  decoder: fc.constantFrom('native', 'tasmota'),
  devices: fc.uniqueArray(bridged, { maxLength: 2, selector: ({ id }) => id }),
});
const camera = fc.record({
  id: fc.constantFrom('yard', 'gate'),
  url: fc.constantFrom('rtsp://10.0.0.7/a', 'rtsp://10.0.0.7/b'),
  zones: fc.constantFrom(
    [
      {
        id: 'drive',
        points: [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
      },
    ],
    [
      {
        id: 'drive',
        name: 'Drive',
        points: [
          [0, 0],
          [1, 0],
          [0, 1],
        ],
      },
    ],
  ),
});
const enabled = fc.constantFrom(undefined, undefined, false);
const rule = fc.oneof(
  fc.record({
    id: fc.constantFrom('r1', 'r2', 'r3'),
    kind: fc.constant('threshold'),
    device: target,
    name,
    severity,
    enabled,
    metric: fc.constant('power_w'),
    above: fc.constantFrom(100, 200),
    hold_s: fc.constantFrom(0, 60),
  }),
  fc.record({
    id: fc.constantFrom('r1', 'r2', 'r4'),
    kind: fc.constant('silent'),
    device: target,
    severity,
    after_s: fc.constantFrom(300, 600),
  }),
  fc.record({
    id: fc.constantFrom('r3', 'r4', 'r5'),
    kind: fc.constantFrom('zone-entered', 'loitering', 'zone-empty'),
    camera: fc.constantFrom('yard', 'gate'),
    zone: fc.constant('drive'),
    after_s: fc.constantFrom(30, 60),
    severity,
  }),
);
const action = fc.record({
  id: fc.constantFrom('siren', 'lamp'),
  kind: fc.constant('publish'),
  name,
  topic: fc.constantFrom('cmnd/siren/POWER', 'cmnd/lamp/POWER'),
  payload: fc.constant('ON'),
  clear_payload: fc.constant('OFF'),
  rules: fc.constantFrom(undefined, undefined, ['r1', 'r2'], ['r3', 'r4']),
  min_severity: severity,
  enabled,
});
/** Some of them refer to what the document lacks: they are refused, and change nothing. */
export const site = fc.record({
  site: fc.record({ id: fc.constant('home'), timezone: fc.constantFrom('UTC', 'Europe/Berlin'), name }),
  devices: fc.uniqueArray(device, { maxLength: 3, selector: ({ id }) => id }),
  bridges: fc.uniqueArray(bridge, { maxLength: 2, selector: ({ id }) => id }),
  consumers: fc.constantFrom([], [{ id: 'display', subscribe: ['forpost/alerts/#'], publish: ['cmnd/#'] }]),
  cameras: fc.uniqueArray(camera, { maxLength: 2, selector: ({ id }) => id }),
  rules: fc.uniqueArray(rule, { maxLength: 4, selector: ({ id }) => id }),
  actions: fc.uniqueArray(action, { minLength: 1, maxLength: 2, selector: ({ id }) => id }),
});
export const event = fc.oneof(
  fc.record({ device: fc.constantFrom(...deviceIds, ...behindIds), power: fc.constantFrom(50, 150, 250) }),
  fc.record({ camera: fc.constantFrom('yard', 'gate'), inside: fc.boolean() }),
  fc.record({ bridge: fc.constantFrom(...bridgeIds), reachable: fc.boolean() }),
  fc.record({ waitMs: fc.constantFrom(1_000, 30_000, 200_000) }),
);
export type Event = Partial<Record<'device' | 'camera' | 'bridge', string>> & {
  power?: number;
  inside?: boolean;
  reachable?: boolean;
  waitMs?: number;
};

/** A device stands behind one bridge, and under a name of its own. */
function withOneEach(
  bridges: readonly { readonly devices: readonly { readonly id: string; readonly source: string }[] }[],
) {
  const ids = new Set<string>();
  return bridges.map((bridge) => {
    const sources = new Set<string>();
    const devices = bridge.devices.filter(({ id, source }) => {
      const isFree = !ids.has(id) && !sources.has(source);
      ids.add(id);
      sources.add(source);
      return isFree;
    });
    return { ...bridge, devices };
  });
}

/** Rules keep only the keys of their kind; most of them refer to what the document has. */
export function fitting(document: {
  rules?: readonly Record<string, unknown>[];
  actions?: readonly { readonly rules?: readonly string[] }[];
  bridges?: readonly { readonly devices: readonly { readonly id: string; readonly source: string }[] }[];
}): object {
  const rules = document.rules?.map(({ after_s: after, ...one }) =>
    one.kind === 'silent' || one.kind === 'loitering' || one.kind === 'zone-empty' ? { ...one, after_s: after } : one,
  );
  const ids = (document.rules ?? []).map(({ id }) => id);
  const actions = document.actions?.map(({ rules: of, ...one }) => {
    const known = of?.filter((id) => ids.includes(id)) ?? [];
    return known.length === 0 ? one : { ...one, rules: known };
  });
  return JSON.parse(
    JSON.stringify({
      ...document,
      ...(document.bridges === undefined ? {} : { bridges: withOneEach(document.bridges) }),
      ...(actions === undefined ? {} : { actions }),
      ...(rules === undefined ? {} : { rules }),
    }),
  ) as object;
}
