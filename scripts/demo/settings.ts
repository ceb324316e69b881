/**
 * The demo's configuration: the files beside this one, used as they stand, or copies of them where something must
 * differ (other ports, another Kafka, none, the check's own probe). The copies keep their comments.
 *
 * Always: who copies the files beside this one copies what really runs; a copy differs only in what is named here.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadYaml } from '@forpost/shared/config/yaml.ts';
import { type Document, parseDocument } from 'yaml';
import { keyFileOf, signingKey } from '../../cloud/commands/key.ts';
import { type CloudConfig, cloudSchema } from '../../cloud/config/config.ts';
import { type Installation, installationSchema } from '../../edge/config/installation.ts';
import { siteSchema } from '../../edge/site/site.ts';
import type { DemoOptions } from './options.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));

/** The check's own device and listener, which the site has only while it is checked. */
export const probeDevice = 'check-probe';
export const probeListener = 'check';
export const probeRule = 'probe-over';
export const probeLimitW = 1_000;
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
  readonly secretsFile: string;
  readonly credentialsFile: string;
  readonly gateway: string;
  readonly site: string;
  /** logs in to the broker: devices and consumers */
  readonly mqttIds: readonly string[];
  readonly cameras: readonly string[];
  readonly ports: Ports;
  /** undefined: no Kafka */
  readonly brokers: readonly string[] | undefined;
  readonly prefix: string;
  /** name of the uplink that logs in with a token, where there is one */
  readonly sink: string | undefined;
  /** path of the camera's stream */
  readonly cameraPath: string;
}

/** Where a demo with these options stores everything. */
export function demoFolder({ portOffset }: Pick<DemoOptions, 'portOffset'>): string {
  return join(root, '.forpost', portOffset === 0 ? 'demo' : `demo-${portOffset}`);
}

export function credentialsFile(folder: string): string {
  return join(folder, 'credentials.json');
}

/**
 * Reads the demo's files, and writes copies where the options ask for something else. `tokenSha256`: of the
 * gateway's token at the receiver. @throws ForpostError of a file with a mistake in it
 */
export async function prepareSettings(
  options: DemoOptions,
  tokenSha256: string,
  folder = demoFolder(options),
): Promise<Settings> {
  const offset = options.portOffset;
  const files = { gateway: join(here, 'gateway.yaml'), site: join(here, 'site.yaml'), cloud: join(here, 'cloud.yaml') };
  const installation = loadYaml(files.gateway, installationSchema).value;
  const cloud = loadYaml(files.cloud, cloudSchema).value;
  const site = loadYaml(files.site, siteSchema).value;
  const camera = new URL(site.cameras?.[0]?.url ?? 'rtsp://127.0.0.1:8554/yard');
  const ports = portsOf(installation, cloud, camera, offset);
  const brokers = brokersOf(options, ports.kafka);
  const inPlace = offset === 0 && options.kafka.kind === 'own' && folder === demoFolder(options);
  await mkdir(join(folder, 'config'), { recursive: true });
  const copy = (name: string) => join(folder, 'config', name);
  const secretsFile = join(folder, 'secrets.yaml');
  const keyFile = join(folder, 'centre-key.pub');
  const { publicKey } = await signingKey(keyFileOf({ data: join(folder, 'centre') }));
  await writeFile(keyFile, `# Whose commands the gateway takes: the demo’s own centre.\n${publicKey.text}\n`);
  let siteFile = files.site;
  let gatewayFile = files.gateway;
  let cloudFile = files.cloud;
  if (!inPlace || options.check) {
    siteFile = copy('site.yaml');
    await edit(files.site, siteFile, (document) => {
      if (site.cameras?.[0] !== undefined) document.setIn(['cameras', 0, 'url'], withPort(camera.href, ports.camera));
      if (options.check) addProbe(document);
    });
    gatewayFile = copy('gateway.yaml');
    await edit(files.gateway, gatewayFile, (document) => {
      document.set('data', join(folder, 'gateway'));
      document.set('site_file', 'site.yaml');
      document.set('secrets_file', relative(dirname(gatewayFile), secretsFile));
      document.setIn(['mqtt', 'port'], ports.mqtt);
      document.setIn(['http', 'port'], ports.gateway);
      document.setIn(['commands', 'trusted_keys_file'], keyFile);
      const http = { kind: 'http', name: httpSink, url: `http://127.0.0.1:${ports.centre}` };
      document.set('uplink', document.createNode(brokers === undefined ? [http] : [{ kind: 'kafka', brokers }]));
    });
  }
  if (!inPlace) {
    cloudFile = copy('cloud.yaml');
    await edit(files.cloud, cloudFile, (document) => {
      document.set('data', join(folder, 'centre'));
      document.setIn(['http', 'port'], ports.centre);
      document.setIn(['notify', 0, 'url'], `http://127.0.0.1:${ports.receiver}/notify`);
      if (brokers === undefined) document.delete('kafka');
      else document.setIn(['kafka', 'brokers'], document.createNode(brokers));
      document.set('gateways', document.createNode({ [installation.gateway]: { token_sha256: tokenSha256 } }));
    });
  }
  const probe = options.check ? [probeDevice, probeListener] : [];
  return {
    folder,
    logs: join(folder, 'logs'),
    gatewayFile,
    siteFile,
    cloudFile,
    secretsFile: inPlace ? resolve(dirname(files.gateway), installation.secrets_file) : secretsFile,
    credentialsFile: credentialsFile(folder),
    gateway: installation.gateway,
    site: site.site.id,
    mqttIds: [...site.devices, ...(site.consumers ?? [])].map(({ id }) => id).concat(probe),
    cameras: (site.cameras ?? []).map(({ id }) => id),
    ports,
    brokers,
    prefix: cloud.kafka?.prefix ?? 'forpost',
    sink: brokers === undefined ? httpSink : undefined,
    cameraPath: camera.pathname,
  };
}

function portsOf(installation: Installation, cloud: CloudConfig, camera: URL, offset: number): Ports {
  const sink = installation.uplink.find((one) => one.kind === 'kafka');
  const kafka = Number(sink?.brokers[0]?.split(':').at(-1) ?? 9092);
  const receiver = Number(new URL(cloud.notify?.[0]?.url ?? 'http://127.0.0.1:8091').port);
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
  const rule = {
    id: probeRule,
    kind: 'threshold',
    device: probeDevice,
    metric: 'power_w',
    above: probeLimitW,
    severity: 'warning',
  };
  document.addIn(['rules'], document.createNode(rule));
}

function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

async function edit(from: string, to: string, change: (document: Document) => void): Promise<void> {
  const document = parseDocument(await readFile(from, 'utf8'));
  change(document);
  const heading = ` Made by npm start from ${relative(root, from)}: change that one.`;
  await writeFile(to, `#${heading}\n${document.toString({ lineWidth: 120 })}`);
}
