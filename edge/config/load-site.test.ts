import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configProblems } from '@forpost/shared/config/yaml.ts';
import { expect, onTestFinished, test } from 'vitest';
import { loadSite } from './load-site.ts';

/** A well-formed argon2id hash; whose password it is does not matter here. */
const hash = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';

const good = `site: { id: farm-7, timezone: Europe/Berlin }
devices:
  - { id: heat-pump, name: Heat pump, decoder: native }
  - { id: plug, decoder: tasmota, topic: tasmota_A1 }
consumers:
  - { id: display, subscribe: ["forpost/alerts/#"] }
cameras:
  - id: yard
    url: rtsp://10.0.0.7:554/stream
    zones:
      - { id: drive, points: [[0, 0], [1, 0], [1, 1], [0, 1]] }
    motion_masks:
      - { points: [[0, 0], [0.2, 0], [0.2, 0.3]] }
rules:
  - { id: overload, kind: threshold, device: heat-pump, metric: power_w, above: 7500 }
  - { id: quiet, kind: silent, device: "*", after_s: 300 }
  - { id: intruder, kind: zone-entered, camera: yard, zone: drive }
`;
const goodSecrets = `mqtt:
  heat-pump: ${hash}
  plug: ${hash}
  display: ${hash}
console:
  admin: ${hash}
cameras:
  yard: { user: viewer, password: hunter2 }
`;

function load(site = good, secrets = goodSecrets) {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-site-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'site.yaml'), site);
  writeFileSync(join(folder, 'secrets.yaml'), secrets);
  try {
    return { ...loadSite(join(folder, 'site.yaml'), join(folder, 'secrets.yaml')), problems: [] };
  } catch (error) {
    const problems = configProblems(error);
    if (problems === undefined) throw error;
    return { problems: problems.map((problem) => problem.replaceAll(`${folder}/`, '')) };
  }
}

/** The problems when `from` in the right site is written as `to`. */
function wrong(from: string, to: string): readonly string[] {
  if (!good.includes(from)) throw new Error(`"${from}" is not there`);
  return load(good.replace(from, to)).problems;
}

test('a correct site is loaded with the hash of its revision', () => {
  const loaded = load();
  expect(loaded.problems).toEqual([]);
  expect(loaded).toMatchObject({
    site: {
      id: 'farm-7',
      name: 'farm-7',
      timezone: 'Europe/Berlin',
      revision: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
    secrets: { cameras: { yard: { user: 'viewer' } } },
  });
});

/** `FILE:LINE:COLUMN` of the mark » in the right site with `from` written as `to`, and the problems without the mark. */
function marked(from: string, to: string): { readonly place: string; readonly problems: readonly string[] } {
  const before = good.slice(0, good.indexOf(from)) + to.slice(0, to.indexOf('»'));
  const lines = before.split('\n');
  return {
    place: `site.yaml:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`,
    problems: wrong(from, to.replace('»', '')),
  };
}

test.each([
  [
    'timezone: Europe/Berlin',
    'timezone: »Europe/Berln',
    'there is no time zone "Europe/Berln"; did you mean "Europe/Berlin"?',
  ],
  ['decoder: native', 'decoder: »nativ', 'there is no decoder "nativ"; did you mean "native"?'],
  ['id: plug', 'id: »heat-pump', 'the id "heat-pump" is taken already by a device'],
  ['id: yard', 'id: »plug', 'the id "plug" is taken already by a device'],
  ['id: quiet', 'id: »overload', 'the id "overload" is taken already by a rule'],
  ['topic: tasmota_A1', 'topic: »forpost', '"forpost" cannot be a device\'s topic: others speak there'],
  ['"forpost/alerts/#', '»"forpost/#/alerts', '"forpost/#/alerts" is not an MQTT filter'],
  [
    'points: [[0, 0], [1, 0], [1, 1], [0, 1]]',
    '»points: [[0, 0], [1, 0], [0, 1], [1, 1]]',
    'the zone "drive" of camera "yard" crosses itself: the line from corner 2 to 3 meets the line from corner 4 to 1',
  ],
  [
    'points: [[0, 0], [1, 0], [1, 1], [0, 1]]',
    '»points: [[0, 0], [0, 0], [1, 1]]',
    'has 2 different corners, and needs 3 or more',
  ],
  ['points: [[0, 0], [1, 0], [1, 1], [0, 1]]', '»points: [[0, 0], [0.5, 0.5], [1, 1]]', 'has no area'],
  [
    'points: [[0, 0], [0.2, 0], [0.2, 0.3]]',
    '»points: [[0, 0], [0.2, 0], [0.4, 0]]',
    'motion mask 1 of camera "yard" has no area',
  ],
  ['[0, 1]]', '[0, »1.5]]', 'cameras[0].zones[0].points[3][1] must be from 0 to 1, not 1.5'],
  ['url: rtsp', 'hwaccel: »vapi\n    url: rtsp', 'cameras[0].hwaccel must be'],
  ['url: rtsp', 'transport: »tpc\n    url: rtsp', 'cameras[0].transport must be'],
  ['url: rtsp', 'main_url: »ftp://10.0.0.7/\n    url: rtsp', 'cameras[0].main_url'],
  ['url: rtsp', 'fingerprint: »sha256:12\n    url: rtsp', 'cameras[0].fingerprint'],
  [
    'url: rtsp',
    'ca: »camera-ca.pem\n    url: rtsp',
    'camera "yard" has a ca, but only rtsps:// and https:// have certificates',
  ],
  [
    'url: rtsp',
    'masks: [{ »points: [[0, 0], [0.5, 0.5], [1, 1]] }]\n    url: rtsp',
    'the mask 1 of camera "yard" has no area: all its corners lie on one line',
  ],
  ['kind: silent', 'kind: »silence', 'there is no kind of rule "silence"; did you mean "silent"?'],
  ['after_s: 300', '»after: 300', 'unknown key "after" in rules[1]; did you mean "after_s"?'],
  [
    'device: heat-pump',
    'device: »heatpump',
    'rule "overload": there is no device "heatpump"; did you mean "heat-pump"?',
  ],
  ['metric: power_w', 'metric: »powr_w', 'rule "overload": there is no metric "powr_w"; did you mean "power_w"?'],
  ['zone: drive', 'zone: »driveway', 'rule "intruder": camera "yard" has no zone "driveway"; did you mean "drive"?'],
  ['camera: yard', 'camera: »yrad', 'rule "intruder": there is no camera "yrad"; did you mean "yard"?'],
  ['after_s: 300', 'after_s: »0', 'rules[1].after_s must be from 1 to 604800, not 0'],
])('%s written as %s stops the start with the place and the right spelling', (from, to, expected) => {
  const { place, problems } = marked(from, to);
  expect(problems.filter((problem) => problem.startsWith(`${place}: `) && problem.includes(expected))).toHaveLength(1);
});

test('impossible lines and thresholds are problems, each at its place', () => {
  const zones = '    zones:\n';
  const lines = (points: string, more = '') => `    lines: [{ id: fence, points: ${points} }${more}]\n${zones}`;
  expect(wrong(zones, lines('[[0.7, 0], [0.7, 1]]'))).toEqual([]);
  expect(wrong(zones, lines('[[0.7, 0.5], [0.7, 0.505]]'))).toEqual([
    'site.yaml:10:26: the line "fence" of camera "yard" has both its ends in one place: nobody can cross it',
  ]);
  expect(wrong(zones, lines('[[0, 0], [1, 1]]', ', { id: fence, points: [[0, 0], [1, 0]] }')).join()).toContain(
    'the id "fence" is taken already by a line',
  );
  expect(wrong(zones, lines('[[0, 0], [1, 1], [1, 0]]')).join()).toContain('cameras[0].lines[0].points');
  expect(wrong(zones, `    classes: [person, car]\n    thresholds: { persn: 0.6 }\n${zones}`)).toEqual([
    'site.yaml:11:26: camera "yard" has a threshold for "persn", which is none of its classes; did you mean "person"?',
  ]);
  const crossed = (direction: string) =>
    load(
      `${good.replace(zones, lines('[[0, 0.5], [1, 0.6]]'))}  - { id: over, kind: line-crossed, camera: yard, line: fence, direction: ${direction} }\n`,
    ).problems;
  expect(crossed('down')).toEqual([]);
  expect(crossed('left')).toEqual([
    'site.yaml:19:75: rule "over": the line "fence" lies level: it is crossed up or down, not left',
  ]);
  expect(crossed('lfet').join()).toContain(
    'direction must be one of left, right, up, down, not "lfet"; did you mean "left"?',
  );
});

test('a wrong condition is reported at its place in the file, with a caret under the character', () => {
  const { place, problems } = marked('above: 7500', 'above: 7500, when: "hour > 20 && »houre < 6"');
  expect(problems).toEqual([
    [
      `${place}: rule "overload": the condition is wrong: Unknown variable: houre; did you mean "hour"?`,
      '    hour > 20 && houre < 6',
      '                 ^',
    ].join('\n'),
  ]);
});

test('a password in a camera’s address is a problem, and is not shown', () => {
  const problems = wrong('rtsp://10.0.0.7', 'rtsp://admin:hunter2@10.0.0.7');
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('belong to the secrets file, under cameras: yard, as user and password');
  expect(problems[0]).not.toContain('hunter2');
  expect(wrong('rtsp://10.0.0.7', 'rstp://admin:hunter2@10.0.0.7').join()).not.toContain('hunter2');
});

test('two devices cannot have one topic', () => {
  expect(wrong('native }', 'tasmota, topic: tasmota_A1 }').join()).toContain(
    '"tasmota_A1" is already the topic of the device "heat-pump"',
  );
});

test('every log-in has a password of its own, nobody else has one, and each is a hash', () => {
  const { problems } = load(
    good,
    `mqtt:\n  heat-pmup: ${hash}\n  plug: secret99\n  display: ${hash}\nconsole: { admin: hunter2 }\ncameras: { yrad: { user: a, password: b } }\n`,
  );
  expect(problems).toEqual([
    'site.yaml:3:11: the device "heat-pump" has no password: add it under mqtt in secrets.yaml ("forpost devices password heat-pump")',
    'secrets.yaml:2:3: mqtt.heat-pmup is a password, but the site has no such device or consumer; did you mean "heat-pump"?',
    'secrets.yaml:3:9: mqtt.plug is not a password\'s hash: passwords themselves never stand here; make one with "forpost devices password plug"',
    'secrets.yaml:5:19: console.admin is not an argon2id hash: passwords themselves never stand here; make one with "forpost devices password admin --console"',
    'secrets.yaml:6:12: cameras.yrad is a password, but the site has no such camera; did you mean "yard"?',
  ]);
});

test('a secret that nobody uses is reported and stops no start: its device was removed, or is about to come', () => {
  const { problems, unusedSecrets = [] } = load(
    good,
    `${goodSecrets}  gate: { user: a, password: b }\n`.replace('  display:', `  sold: ${hash}\n  display:`),
  ) as never as {
    problems: readonly string[];
    unusedSecrets: readonly { message: string }[];
  };
  expect([problems, unusedSecrets.map(({ message }) => message)]).toEqual([
    [],
    [
      'mqtt.sold is a password, but the site has no such device or consumer',
      'cameras.gate is a password, but the site has no such camera',
    ],
  ]);
});

test('a document that a newer Forpost made is refused with what is unknown in it', () => {
  const { problems } = load(`format: 7\nkettles: [{ id: zigbee }]\n${good}`);
  expect(problems).toEqual([
    expect.stringMatching(
      /^site.yaml:1:1: this document has format 7, and this Forpost \(.*\) knows 1: a newer version made it/,
    ),
    'site.yaml:2:1: unknown key "kettles"; there are format, site, devices, bridges, consumers, cameras, rules, actions',
  ]);
  expect(load(`format: 7\n${good}`).problems).toEqual([expect.stringContaining('nothing in it is unknown here')]);
  expect(load(`format: 1\n${good}`).problems).toEqual([]);
});

test('no message shows a secret, also where the secret has the wrong type', () => {
  const { problems } = load(good, 'mqtt: { plug: 12345678 }\nconsole: hunter2\nuplink: { x: { token: short } }\n');
  expect(problems.join('\n')).not.toMatch(/12345678|hunter2|short\b/);
  expect(problems).toEqual([
    'secrets.yaml:1:15: mqtt.plug must be text',
    'secrets.yaml:2:10: console must be a block of "key: value" lines',
    'secrets.yaml:3:23: uplink.x.token must have at least 16 letters',
  ]);
});

test('the problems of both files are reported together', () => {
  const { problems } = load('site: {}\n', 'mqtt: 3\n');
  expect(problems.map((problem) => problem.split(':')[0])).toEqual([
    'site.yaml',
    'site.yaml',
    'site.yaml',
    'secrets.yaml',
    'secrets.yaml',
  ]);
});

const consumer = '{ id: display, subscribe: ["forpost/alerts/#"] }';

test.each([
  ['a role', '{ id: display, role: home-assistant }'],
  ['several roles', '{ id: display, role: [home-assistant, node-red], base_topic: flows }'],
  ['a base topic of several levels', '{ id: display, role: zigbee2mqtt, base_topic: house/zigbee }'],
  ['commands of devices', '{ id: display, publish: ["forpost/devices/+/commands", "cmnd/#"] }'],
  ['everything that is nobody else’s', '{ id: display, publish: ["#"] }'],
])('a consumer may have %s', (_, line) => {
  expect(wrong(consumer, line)).toEqual([]);
});

test.each([
  ['{ id: display }', 'consumer "display" may do nothing: give it subscribe, publish or role'],
  ['{ id: display, role: homeassistant }', 'there is no role "homeassistant"; did you mean "home-assistant"?'],
  ['{ id: display, role: home-assistant, base_topic: ha }', 'base_topic is for a role that has one'],
  ['{ id: display, role: zigbee2mqtt, base_topic: forpost/alerts }', '"forpost/alerts" cannot be a consumer\'s topic'],
  ['{ id: display, role: zigbee2mqtt, base_topic: $SYS }', '"$SYS" cannot be a consumer\'s topic'],
  ['{ id: display, publish: ["forpost/alerts/#"] }', 'nobody may publish to "forpost/alerts/#"'],
  ['{ id: display, publish: ["forpost/devices/+/readings"] }', 'nobody may publish to "forpost/devices/+/readings"'],
  ['{ id: display, publish: ["$SYS/#"] }', 'nobody may publish to "$SYS/#"'],
  ['{ id: display, publish: ["a/#/b"] }', '"a/#/b" is not an MQTT filter'],
])('a consumer %s is refused with the reason', (line, reason) => {
  const problems = wrong(consumer, line);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(reason);
});

test.each([
  ['{ id: plug, decoder: tasmota, topic: home/kitchen/plug }', ''],
  ['{ id: plug, decoder: tasmota, topic: plug, full_topic: "%topic%/%prefix%/" }', ''],
  ['{ id: plug, decoder: tasmota, topic: plug, full_topic: "house/%prefix%/%topic%", groups: [lights] }', ''],
  ['{ id: plug, decoder: tasmota, full_topic: "%topic%/" }', 'full_topic'],
  ['{ id: plug, decoder: tasmota, full_topic: "%prefix%/%topic%/%topic%" }', 'full_topic'],
  ['{ id: plug, decoder: native, full_topic: "%prefix%/%topic%/" }', 'full_topic is for decoder: tasmota alone'],
  ['{ id: plug, decoder: shelly, topic: forpost/plug }', "cannot be a device's topic"],
  ['{ id: plug, decoder: shelly, topic: shellies }', "cannot be a device's topic"],
  ['{ id: plug, decoder: shelly, topic: home//plug }', 'topic'],
  [
    '{ id: plug, decoder: tasmota, keys: { BOX.Flux: flow_l_min, "BOX.E kWh": { metric: energy_wh, factor: 1000 } } }',
    '',
  ],
  ['{ id: plug, decoder: tasmota, keys: { BOX.Flux: "Flow Rate" } }', '"Flow Rate" is not a metric'],
  ['{ id: plug, decoder: tasmota, keys: { BOX.P: powr_w } }', 'did you mean "power_w"?'],
  ['{ id: plug, decoder: tasmota, keys: { BOX.P: { metrik: power_w } } }', 'keys.BOX.P'],
  ['{ id: plug, decoder: native, topic: heat-pump }', 'is already the topic of the device "heat-pump"'],
])('a device %s is taken, or refused with the reason', (line, reason) => {
  const problems = wrong('{ id: plug, decoder: tasmota, topic: tasmota_A1 }', line);
  if (reason === '') expect(problems).toEqual([]);
  else expect(problems.join()).toContain(reason);
});

test('devices whose topics overlap are a problem, before one is mistaken for the other', () => {
  const first = '{ id: plug, decoder: tasmota, topic: tasmota_A1 }';
  const second = '{ id: heat-pump, decoder: tasmota, topic: tasmota_A1/SENSOR }';
  const problems = load(
    good
      .replace(first, `${first}\n  ${second.replace('{', '- {')}`)
      .replace('  - { id: heat-pump, name: Heat pump, decoder: native }\n', ''),
  ).problems;
  expect(problems.join()).toContain('"tasmota_A1/SENSOR" is already the topic of the device "plug"');
});

test.each([
  'rtsp://admin:pa/ss@10.0.0.7:554/stream',
  'rtsp://admin:pa#ss@10.0.0.7:554/stream',
  'rtsp://admin:pa?ss@10.0.0.7/stream',
  // a URL parser reads the digits as a port
  'rtsp://admin:12/34@10.0.0.7/stream',
  'rtsp://admin:12#34@cam:554/stream',
  'http://admin:12?34@10.0.0.7/snapshot.jpg',
  'rtsps://john.doe:1/2@cam.example/stream',
  'rtsp://admin:1/2/3@[fe80::1]/stream',
])('a password that cuts the address %s in two is found, and not repeated', (address) => {
  const problems = wrong('rtsp://10.0.0.7:554/stream', address);
  expect(problems.join()).toContain('the address of camera "yard" seems to have a password with "/", "#" or "?" in it');
  expect(problems.join()).not.toMatch(/pa.ss|12.34/);
});

test.each(['rtsp://admin:p:w@10.0.0.7/stream', 'rtsp://admin@10.0.0.7/stream'])(
  'a log-in in the address %s is found',
  (address) => {
    expect(wrong('rtsp://10.0.0.7:554/stream', address).join()).toContain('has a user or password in it');
  },
);

test.each([
  'rtsp://10.0.0.7:554/user@site',
  'http://10.0.0.7/snapshot.jpg?mail=me%40example.org',
  'rtsp://[fe80::1]:554/stream?token=a@b',
  'http://cam.example/img@2x',
])('an @ that is no log-in’s, as in %s, is an address', (address) => {
  expect(wrong('rtsp://10.0.0.7:554/stream', address)).toEqual([]);
});
