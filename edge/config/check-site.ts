/** Checks a site beyond its schema: names that do not exist, ids that are taken twice, shapes and addresses that cannot be. */

import { nearest, withSuggestion } from '@forpost/shared/config/nearest.ts';
import type { Problem } from '@forpost/shared/config/yaml.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { wordsOf } from '@forpost/shared/texts/sentence.ts';
import { FilterSet } from '../broker/filter-set.ts';
import type { Decoder } from '../devices/decoder.ts';
import { bridgeDecoders, decoderNamed, decoders, deviceDecoders } from '../devices/decoders/registry.ts';
import { isMetric, misspeltMetric } from '../devices/metrics.ts';
import { ownTopics } from '../devices/principals.ts';
import { checkRule } from '../rules/check-rule.ts';
import { polygonProblem } from '../site/polygon.ts';
import type { CameraConfig, DeviceConfig, MaskConfig, Site } from '../site/site.ts';
import { siteDevices } from '../site/site-devices.ts';
import { checkActions } from './check-actions.ts';
import { checkBridges } from './check-bridges.ts';
import { checkConsumers } from './check-consumers.ts';

/** A problem at a path of the file; `offset`: of the character in the text at that path. */
export type Located = Problem & { readonly offset?: number };

/** First levels of topics that no device may take as its name. */
const reservedTopics = ['forpost', 'homeassistant', '$SYS'];

const mostKeys = 100;

/** in parts of the picture */
const shortestLine = 0.01;

export function checkSite(site: Site): readonly Located[] {
  return [
    ...timezone(site),
    ...ids(site),
    ...logIns(site),
    ...checkBridges(site),
    ...checkConsumers(site),
    ...cameras(site),
    ...rules(site),
    ...checkActions(site),
  ];
}

function timezone({ timezone: zone }: Site): readonly Located[] {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return [];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const known = Intl.supportedValuesOf('timeZone');
    const message =
      nearest(zone, known) === undefined
        ? words('mistake/zone.example', { zone })
        : withSuggestion(words('mistake/zone.unknown', { zone }), zone, known);
    return [{ path: ['site', 'timezone'], message }];
  }
}

const takenBy = {
  device: 'mistake/id.device',
  bridge: 'mistake/id.bridge',
  consumer: 'mistake/id.consumer',
  camera: 'mistake/id.camera',
  rule: 'mistake/id.rule',
  zone: 'mistake/id.zone',
  line: 'mistake/id.line',
} as const;

/** Devices, bridges, consumers and cameras share one space of ids: log-in names, and the subjects of events. */
function ids({ devices, bridges = [], consumers, cameras, rules }: Site): readonly Located[] {
  const problems: Located[] = [];
  const taken = new Map<string, (typeof takenBy)[keyof typeof takenBy]>();
  const claimId = (id: string, what: keyof typeof takenBy, path: Located['path']) => {
    const first = taken.get(id);
    if (first === undefined) taken.set(id, takenBy[what]);
    else problems.push({ path, message: words(first, { id }) });
  };
  for (const [index, { id }] of devices.entries()) claimId(id, 'device', ['devices', index, 'id']);
  for (const [index, { id, devices: behind = [] }] of bridges.entries()) {
    claimId(id, 'bridge', ['bridges', index, 'id']);
    for (const [at, device] of behind.entries()) claimId(device.id, 'device', ['bridges', index, 'devices', at, 'id']);
  }
  for (const [index, { id }] of consumers.entries()) claimId(id, 'consumer', ['consumers', index, 'id']);
  for (const [index, { id }] of cameras.entries()) claimId(id, 'camera', ['cameras', index, 'id']);
  taken.clear();
  for (const [index, { id }] of rules.entries()) claimId(id, 'rule', ['rules', index, 'id']);
  for (const [index, { zones = [], lines = [] }] of cameras.entries()) {
    taken.clear();
    for (const [zone, { id }] of zones.entries()) claimId(id, 'zone', ['cameras', index, 'zones', zone, 'id']);
    for (const [line, { id }] of lines.entries()) claimId(id, 'line', ['cameras', index, 'lines', line, 'id']);
  }
  return problems;
}

/** Devices and bridges: what logs in and has topics of its own. */
function logIns({ devices, bridges = [] }: Site): readonly Located[] {
  const problems: Located[] = [];
  const topics = new FilterSet();
  const all = [
    ...devices.map((device, index) => ({
      device,
      at: ['devices', index],
      what: 'device' as const,
      names: deviceDecoders,
    })),
    ...bridges.map((device, index) => ({
      device,
      at: ['bridges', index],
      what: 'bridge' as const,
      names: bridgeDecoders,
    })),
  ];
  for (const { device, at, what, names } of all) {
    const decoder = decoderNamed(device.decoder);
    const wrong = wrongDecoder(device, decoder, what, names);
    if (decoder === undefined || wrong !== undefined) {
      if (wrong !== undefined) problems.push({ path: [...at, 'decoder'], message: wrong });
      continue;
    }
    const topic = device.topic ?? device.id;
    const where = [...at, device.topic === undefined ? 'id' : 'topic'];
    const [first = ''] = topic.split('/');
    if (reservedTopics.includes(first) || first.startsWith('$') || decoders.some((one) => one.reserves?.(topic)))
      problems.push({ path: where, message: words('mistake/device.topic', { topic }) });
    problems.push(...keysOfOthers(device, decoder, at), ...keys(device, at));
    for (const { path, ...problem } of decoder.check?.(device) ?? [])
      problems.push({ ...problem, path: [...at, ...path] });
    const own = ownTopics(device, what === 'bridge');
    const taken = own.map((filter) => topics.overlapping(filter)).find((owner) => owner !== undefined);
    if (taken !== undefined)
      problems.push({ path: where, message: words('mistake/device.topic-taken', { topic, device: taken }) });
    for (const filter of own) topics.add(filter, device.id);
  }
  return problems;
}

/** Why a device or bridge cannot have its decoder; undefined where it can. */
function wrongDecoder(
  { decoder: name }: DeviceConfig,
  decoder: Decoder | undefined,
  what: 'device' | 'bridge',
  names: readonly string[],
): Words | undefined {
  if (decoder === undefined) return withSuggestion(words('mistake/device.decoder', { name }), name, names);
  if (names.includes(name)) return undefined;
  if (what === 'device') return words('mistake/device.decoder-of-bridges', { decoder: name });
  return words('mistake/bridge.decoder-of-devices', { decoder: name, names: names.join(', ') });
}

/** Keys that another decoder adds to its devices. */
function keysOfOthers(device: DeviceConfig, decoder: Decoder, at: Located['path']): readonly Located[] {
  const has = ({ schema }: Decoder, key: string) => Object.hasOwn(schema?.properties ?? {}, key);
  return Object.keys(device).flatMap((key) => {
    const owner = decoders.find((one) => has(one, key));
    if (owner === undefined || has(decoder, key)) return [];
    return [{ path: [...at, key], message: words('mistake/device.key-of-decoder', { key, decoder: owner.name }) }];
  });
}

/** Problems of `keys`, which gives meanings to a device's keys. */
function keys({ keys: given = {} }: DeviceConfig, at: Located['path']): readonly Located[] {
  const entries = Object.entries(given);
  if (entries.length > mostKeys)
    return [{ path: [...at, 'keys'], message: words('mistake/device.keys', { count: String(mostKeys) }) }];
  return entries.flatMap(([key, meaning]): readonly Located[] => {
    const path = [...at, 'keys', key, ...(typeof meaning === 'string' ? [] : ['metric'])];
    const metric = typeof meaning === 'string' ? meaning : meaning.metric;
    const meant = misspeltMetric(metric);
    if (!isMetric(metric)) return [{ path, message: words('mistake/metric.wrong', { metric }) }];
    return meant === undefined ? [] : [{ path, message: words('mistake/metric.unknown', { metric, name: meant }) }];
  });
}

function cameras({ cameras: all }: Site): readonly Located[] {
  const problems: Located[] = [];
  for (const [index, camera] of all.entries()) {
    const { id, url, main_url: mainUrl, transport, ca, fingerprint } = camera;
    const at = (...path: Located['path']) => ['cameras', index, ...path];
    for (const [key, address] of [['url', url] as const, ['main_url', mainUrl] as const]) {
      const message = address === undefined ? undefined : addressProblem(id, address);
      if (message !== undefined) problems.push({ path: at(key), message });
    }
    if (transport !== undefined && !/^rtsps?:/.test(url))
      problems.push({
        path: at('transport'),
        message: words('mistake/camera.transport', { camera: id }),
      });
    const guard = ca !== undefined ? 'ca' : 'fingerprint';
    if (
      (ca ?? fingerprint) !== undefined &&
      ![url, mainUrl].some((one) => one !== undefined && /^(rtsps|https):/.test(one))
    )
      problems.push({
        path: at(guard),
        message: words('mistake/camera.guard', { camera: id, key: guard }),
      });
    if (ca !== undefined && fingerprint !== undefined)
      problems.push({
        path: at('ca'),
        message: words('mistake/camera.two-guards', { camera: id }),
      });
    for (const { path, message } of [...areas(camera), ...lines(camera)]) problems.push({ path: at(...path), message });
    const { classes, thresholds = {} } = camera;
    for (const name of Object.keys(thresholds))
      if (classes !== undefined && !classes.includes(name))
        problems.push({
          path: at('thresholds', name),
          message: withSuggestion(words('mistake/camera.threshold', { camera: id, name }), name, classes),
        });
  }
  return problems;
}

/** Paths are relative to the camera. */
function areas({ id, zones = [], masks = [], motion_masks = [] }: CameraConfig): readonly Located[] {
  const drawn = (list: 'zones' | 'masks' | 'motion_masks', areas: readonly Pick<MaskConfig, 'id' | 'points'>[]) =>
    areas.flatMap(({ id: area, points }, index): readonly Located[] => {
      const problem = polygonProblem(points);
      if (problem === undefined) return [];
      const mask = area === undefined || list === 'motion_masks' ? String(index + 1) : `"${area}"`;
      const message =
        list === 'zones'
          ? words('gateway/answer.zone-drawn', { zone: area ?? '', camera: id, problem })
          : list === 'masks'
            ? words('gateway/answer.mask-drawn', { mask, camera: id, problem })
            : words('gateway/answer.motion-mask-drawn', { mask, camera: id, problem });
      return [{ path: [list, index, 'points'], message }];
    });
  return [...drawn('zones', zones), ...drawn('masks', masks), ...drawn('motion_masks', motion_masks)];
}

/** Paths are relative to the camera. */
function lines({ id, lines: all = [] }: CameraConfig): readonly Located[] {
  return all.flatMap(({ id: line, points: [[ax, ay], [bx, by]] }, index) =>
    Math.hypot(bx - ax, by - ay) >= shortestLine
      ? []
      : [
          {
            path: ['lines', index, 'points'],
            message: words('gateway/answer.line-short', { line, camera: id }),
          },
        ],
  );
}

/** What is wrong with a camera's address. Never shows a password that stands in it. */
function addressProblem(camera: string, address: string): Words | undefined {
  if (hidesLogin(address)) return words('mistake/camera.hidden-login', { camera });
  const parsed = URL.parse(address);
  if (parsed === null) return words('mistake/camera.address', { camera });
  if (parsed.username !== '' || parsed.password !== '') return words('mistake/camera.login', { camera });
  if (parsed.protocol === 'v4l2:' && !(parsed.host === '' && parsed.pathname.startsWith('/dev/')))
    return words('mistake/camera.no-device', { camera });
  return undefined;
}

/**
 * Whether an @ ends a log-in with a "/", "#" or "?" in its password: a URL parser reads `rtsp://user:pa/ss@host/path` as
 * the host "user". An @ within a path has a host before it and none behind it.
 */
function hidesLogin(address: string): boolean {
  const [, host = '', rest = ''] = /^(?:rtsps?|https?):\/\/([^/?#]*)[/?#](.*)$/is.exec(address) ?? [];
  if (!rest.includes('@') || host.includes('@')) return false;
  const name = host.replace(/:[^:]*$/, '');
  const isHost = name.includes('.') || name.startsWith('[') || /^localhost$/i.test(name);
  const behind = rest.slice(rest.lastIndexOf('@') + 1);
  return (
    URL.parse(address) === null ||
    !isHost ||
    /^(\[[\da-f:]+\]|[\w-]+(\.[\w-]+)+|[\w.-]+:\d+)(:\d+)?([/?#]|$)/i.test(behind)
  );
}

function rules(site: Site): readonly Located[] {
  const references = { devices: siteDevices(site).map(({ id }) => id), cameras: site.cameras };
  return site.rules.flatMap((rule, index): readonly Located[] => {
    const { of, problems } = checkRule(rule, references, ['rules', index]);
    if (of !== 'names') return problems;
    return problems.map((problem) => ({
      ...problem,
      message: words('mistake/rule', { id: rule.id, reason: wordsOf(problem.message) }),
    }));
  });
}
