/**
 * The demo's configuration: copies of the templates beside this file, with the demo's ports, its Kafka or none, and its
 * token (copies.ts). A check runs on a second copy, with a device of its own.
 *
 * Always: the demo writes inside its folder only; a copy differs from its template by the settings named here, and by the
 * changes of a person or a page.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadYaml } from '@forpost/shared/config/yaml.ts';
import { type Document, isMap, isSeq, parseDocument } from 'yaml';
import { keyFileOf, signingKey } from '../../cloud/commands/key.ts';
import { type CloudConfig, cloudSchema } from '../../cloud/config/config.ts';
import { type WrittenInstallation as Installation, installationSchema } from '../../edge/config/installation.ts';
import { evidenceSecret } from '../../edge/evidence/upload-target.ts';
import { siteSchema } from '../../edge/site/site.ts';
import type { KafkaSinkConfig } from '../../edge/uplink/sinks/kafka/settings.ts';
import { Copies } from './copies.ts';
import type { DemoOptions } from './options.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const templates = {
  gateway: join(here, 'gateway.yaml'),
  site: join(here, 'site.yaml'),
  cloud: join(here, 'cloud.yaml'),
} as const;

/** The check's own device and listener; the site has them only during a check. */
export const probeDevice = 'check-probe';
export const probeListener = 'check';
/** raised and cleared five times a second, to time alerts; notifies nobody */
export const probeRule = 'probe-over';
export const probeLimitW = 1_000;
/** raised and cleared every few seconds, to time notifications; too rare to count as a flood */
export const notifyRule = 'probe-told';
export const notifyLimitA = 2;
const httpSink = 'centre';

export interface Ports {
  readonly mqtt: number;
  readonly gateway: number;
  readonly centre: number;
  readonly receiver: number;
  readonly kafka: number;
  readonly kafkaController: number;
  readonly camera: number;
}

export interface Settings {
  /** everything that the demo stores */
  readonly folder: string;
  readonly logs: string;
  readonly gatewayFile: string;
  readonly siteFile: string;
  readonly cloudFile: string;
  /** copies that a person has changed, and which stay */
  readonly kept: readonly string[];
  /** the centre's data folder */
  readonly cloudData: string;
  readonly secretsFile: string;
  readonly credentialsFile: string;
  readonly gateway: string;
  readonly site: string;
  /** devices and consumers, which log in to the broker */
  readonly mqttIds: readonly string[];
  readonly cameras: readonly string[];
  readonly ports: Ports;
  /** undefined: no Kafka */
  readonly brokers: readonly string[] | undefined;
  readonly prefix: string;
  /** name of the uplink that uses the token in the secrets, or `evidence` */
  readonly sink: string;
  /** path of the camera's stream */
  readonly cameraPath: string;
}

/** The folder of a demo with these options. */
export function demoFolder({ portOffset }: Pick<DemoOptions, 'portOffset'>): string {
  return join(root, '.forpost', portOffset === 0 ? 'demo' : `demo-${portOffset}`);
}

export function credentialsFile(folder: string): string {
  return join(folder, 'credentials.json');
}

/** The ports of a demo with these options, from the templates. Writes nothing. */
export function demoPorts({ portOffset }: Pick<DemoOptions, 'portOffset'>): Ports {
  const { installation, cloud, camera } = readTemplates();
  return portsOf(installation, cloud, camera, portOffset);
}

/**
 * Reads the demo's templates and writes the copies for gateway and centre. `tokenSha256`: hash of the gateway's token at
 * the receiver. @throws ForpostError for a file with a mistake
 */
export async function prepareSettings(
  options: DemoOptions,
  tokenSha256: string,
  folder = demoFolder(options),
): Promise<Settings> {
  const { installation, cloud, site, camera } = readTemplates();
  const ports = portsOf(installation, cloud, camera, options.portOffset);
  const brokers = brokersOf(options, ports.kafka);
  const keyFile = join(folder, 'centre-key.pub');
  const copies = await Copies.open(join(folder, 'config'));
  const { publicKey } = await signingKey(keyFileOf({ data: join(folder, 'centre') }));
  await writeFile(
    keyFile,
    `# The gateway runs commands signed with this key: the demo’s centre has it.\n${publicKey.text}\n`,
  );
  const siteFile = await copies.make(templates.site, 'site.yaml', root, (document) => {
    if (options.withoutCamera !== undefined) leaveCamerasOut(document);
    else if (site.cameras?.[0] !== undefined)
      document.setIn(['cameras', 0, 'url'], withPort(camera.href, ports.camera));
  });
  const gatewayFile = await copies.make(templates.gateway, 'gateway.yaml', root, (document) => {
    const centre = `http://127.0.0.1:${ports.centre}`;
    document.set('data', '../gateway');
    document.set('secrets_file', '../secrets.yaml');
    document.setIn(['mqtt', 'port'], ports.mqtt);
    document.setIn(['http', 'port'], ports.gateway);
    document.setIn(['commands', 'trusted_keys_file'], '../centre-key.pub');
    document.setIn(['evidence', 'receiver', 'url'], centre);
    if (brokers === undefined) {
      document.delete('evidence');
      document.set('uplink', document.createNode([{ kind: 'http', name: httpSink, url: centre }]));
    } else document.set('uplink', document.createNode([{ kind: 'kafka', brokers }]));
  });
  const cloudFile = await copies.make(templates.cloud, 'cloud.yaml', root, (document) => {
    document.set('data', '../centre');
    document.setIn(['http', 'port'], ports.centre);
    document.setIn(['notify', 0, 'url'], `http://127.0.0.1:${ports.receiver}/notify`);
    if (brokers === undefined) document.delete('kafka');
    else document.setIn(['kafka', 'brokers'], document.createNode(brokers));
    document.set('gateways', document.createNode({ [installation.gateway]: { token_sha256: tokenSha256 } }));
  });
  const made = loadYaml(siteFile, siteSchema).value;
  const probe = options.check ? [probeDevice, probeListener] : [];
  return {
    folder,
    logs: join(folder, 'logs'),
    ...(options.check ? await checkedCopies(siteFile, gatewayFile) : { siteFile, gatewayFile }),
    cloudFile,
    kept: copies.kept.map((name) => copies.path(name)),
    secretsFile: join(folder, 'secrets.yaml'),
    cloudData: join(folder, 'centre'),
    credentialsFile: credentialsFile(folder),
    gateway: installation.gateway,
    site: made.site.id,
    mqttIds: [...made.devices, ...(made.consumers ?? [])].map(({ id }) => id).concat(probe),
    cameras: (made.cameras ?? []).map(({ id }) => id),
    ports,
    brokers,
    prefix: cloud.kafka?.prefix ?? 'forpost',
    sink: brokers === undefined ? httpSink : evidenceSecret,
    cameraPath: camera.pathname,
  };
}

function readTemplates() {
  const site = loadYaml(templates.site, siteSchema).value;
  return {
    installation: loadYaml(templates.gateway, installationSchema).value,
    cloud: loadYaml(templates.cloud, cloudSchema).value,
    site,
    camera: new URL(site.cameras?.[0]?.url ?? 'rtsp://127.0.0.1:8554/yard'),
  };
}

/** Second copies with the check's own device: the check measures a person's changes, and the first copies stay untouched. */
async function checkedCopies(
  siteFile: string,
  gatewayFile: string,
): Promise<{ readonly siteFile: string; readonly gatewayFile: string }> {
  const site = parseDocument(await readFile(siteFile, 'utf8'));
  addProbe(site);
  const gateway = parseDocument(await readFile(gatewayFile, 'utf8'));
  gateway.set('site_file', 'site-checked.yaml');
  const checked = {
    siteFile: join(dirname(siteFile), 'site-checked.yaml'),
    gatewayFile: join(dirname(siteFile), 'gateway-checked.yaml'),
  };
  await writeFile(checked.siteFile, site.toString({ lineWidth: 120 }));
  await writeFile(checked.gatewayFile, gateway.toString({ lineWidth: 120 }));
  return checked;
}

/** Removes the cameras and their rules. */
function leaveCamerasOut(document: Document): void {
  document.delete('cameras');
  const rules = document.get('rules');
  if (!isSeq(rules)) return;
  rules.items = rules.items.filter((rule) => !(isMap(rule) && (rule.has('camera') || rule.has('cameras'))));
}

function portsOf(installation: Installation, cloud: CloudConfig, camera: URL, offset: number): Ports {
  const sink = installation.uplink.find((one): one is KafkaSinkConfig => one.kind === 'kafka');
  const kafka = Number(sink?.brokers[0]?.split(':').at(-1) ?? 9092);
  const receiver = Number(new URL(String(cloud.notify?.[0]?.url ?? 'http://127.0.0.1:8091')).port);
  const plain = {
    mqtt: installation.mqtt.port ?? 1883,
    gateway: installation.http.port ?? 8080,
    centre: cloud.http.port ?? 8090,
    receiver,
    kafka,
    kafkaController: kafka + 1,
    camera: Number(camera.port),
  };
  return {
    mqtt: plain.mqtt + offset,
    gateway: plain.gateway + offset,
    centre: plain.centre + offset,
    receiver: plain.receiver + offset,
    kafka: plain.kafka + offset,
    kafkaController: plain.kafkaController + offset,
    camera: plain.camera + offset,
  };
}

function brokersOf({ kafka }: DemoOptions, port: number): readonly string[] | undefined {
  if (kafka.kind === 'none') return undefined;
  return [kafka.kind === 'existing' ? kafka.broker : `127.0.0.1:${port}`];
}

function addProbe(document: Document): void {
  document.addIn(['devices'], document.createNode({ id: probeDevice, name: 'Probe of the check', decoder: 'native' }));
  document.addIn(['consumers'], document.createNode({ id: probeListener, subscribe: ['forpost/alerts/#'] }));
  const ofProbe = { kind: 'threshold', device: probeDevice };
  const rules = [
    { id: probeRule, ...ofProbe, metric: 'power_w', above: probeLimitW, severity: 'info' },
    { id: notifyRule, ...ofProbe, metric: 'current_a', above: notifyLimitA, severity: 'warning' },
  ];
  for (const rule of rules) document.addIn(['rules'], document.createNode(rule));
}

function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}
