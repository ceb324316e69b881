/**
 * Reads the installation's file (gateway.yaml), resolves its paths relative to the file itself, and makes the checks
 * that a schema cannot express.
 *
 * Always: passwords cross a network in the clear only where the file allows it explicitly.
 */
import { dirname, resolve } from 'node:path';
import { type ClientTls, resolvedTls } from '@forpost/shared/client-tls.ts';
import { configError, type LoadedYaml, loadYaml, type Problem } from '@forpost/shared/config/yaml.ts';
import { addressProblem } from '@forpost/shared/http/forwarded.ts';
import { isLoopback } from '@forpost/shared/http/loopback.ts';
import { words } from '@forpost/shared/texts/english.ts';
import {
  defaultMqttPort,
  defaultMqttTlsPort,
  defaultWebSocketPort,
  defaultWebSocketTlsPort,
} from '../broker/settings.ts';
import { isForCertificates } from '../certificates/box-names.ts';
import { siteServerFile } from '../certificates/site-authority.ts';
import { defaultHttpPort, defaultHttpsPort } from '../console/settings.ts';
import { type SinkConfig, sinkName } from '../uplink/sink-kind.ts';
import { receiverAddressProblem } from '../uplink/sinks/http/receiver-address.ts';
import { sinkKindOf } from '../uplink/sinks/registry.ts';
import { type Installation, installationSchema, type WrittenInstallation } from './installation.ts';

export interface LoadedInstallation {
  readonly installation: Installation;
  readonly yaml: LoadedYaml<WrittenInstallation>;
}

/** The installation with absolute paths. @throws ForpostError FORPOST_CONFIG_INVALID, one line a problem */
export function loadInstallation(file: string): Installation {
  return readInstallation(file).installation;
}

/** As `loadInstallation`, with the position of each value, for checks across files. */
export function readInstallation(file: string): LoadedInstallation {
  const yaml = loadYaml(file, installationSchema);
  const installation = resolved(yaml.value, dirname(resolve(file)));
  const problems = [...halfPairs(yaml.value), ...check(installation)];
  if (problems.length > 0) throw configError(problems.map((problem) => yaml.describe(problem)));
  return { installation, yaml };
}

function resolved(value: WrittenInstallation, folder: string): Installation {
  const at = (path: string) => resolve(folder, path);
  const own = siteServerFile(at(value.data));
  const filesOf = (tls: ServerPair) => {
    return { certificate: at(tls.certificate ?? own), key: at(tls.key ?? own) };
  };
  return {
    ...value,
    data: at(value.data),
    site_file: at(value.site_file),
    secrets_file: at(value.secrets_file),
    mqtt: resolvedMqtt(value.mqtt, filesOf, at),
    http: resolvedHttp(value.http, filesOf),
    ...(value.commands?.trusted_keys_file === undefined
      ? {}
      : { commands: { ...value.commands, trusted_keys_file: at(value.commands.trusted_keys_file) } }),
    ...(value.evidence?.receiver?.tls === undefined
      ? {}
      : {
          evidence: {
            ...value.evidence,
            receiver: { ...value.evidence.receiver, tls: resolvedTls(value.evidence.receiver.tls, at) },
          },
        }),
    uplink: value.uplink.map((sink) => resolvedSink(sink, at)),
  };
}

/** What a listener says of its certificate: nothing, where the gateway makes it. */
interface ServerPair {
  readonly certificate?: string;
  readonly key?: string;
}
type FilesOf = (tls: ServerPair) => { readonly certificate: string; readonly key: string };

function resolvedMqtt(
  { tls, ...mqtt }: WrittenInstallation['mqtt'],
  filesOf: FilesOf,
  at: (path: string) => string,
): Installation['mqtt'] {
  if (tls === undefined) return mqtt;
  const clientCa = tls.client_ca === undefined ? {} : { client_ca: at(tls.client_ca) };
  return { ...mqtt, tls: { ...tls, ...filesOf(tls), ...clientCa } };
}

function resolvedHttp({ tls, ...http }: WrittenInstallation['http'], filesOf: FilesOf): Installation['http'] {
  return tls === undefined ? http : { ...http, tls: { ...tls, ...filesOf(tls) } };
}

/** The settings of the listeners that show the certificate which the gateway makes itself. */
export function usesSiteCertificate({
  data,
  mqtt,
  http,
}: Pick<Installation, 'data' | 'mqtt' | 'http'>): readonly string[] {
  const own = siteServerFile(data);
  return [
    ...(mqtt.tls?.certificate === own ? ['mqtt.tls'] : []),
    ...(http.tls?.certificate === own ? ['http.tls'] : []),
  ];
}

function resolvedSink(sink: SinkConfig, at: (path: string) => string): SinkConfig {
  const own = sinkKindOf(sink).resolved?.(sink, at) ?? sink;
  return own.tls === undefined ? own : { ...own, tls: resolvedTls(own.tls, at) };
}

/** where MQTT and the page listen by default */
const loopbackHost = '127.0.0.1';

function check({ mqtt, http, uplink, evidence, certificates }: Installation): readonly Problem[] {
  const problems: Problem[] = [];
  if (!isLoopback(mqtt.host ?? loopbackHost) && mqtt.allow_plaintext !== true)
    problems.push({
      path: ['mqtt', 'host'],
      message: words('mistake/mqtt.plain', { host: `${mqtt.host}` }),
    });
  for (const [n, proxy] of (http.trusted_proxy ?? []).entries()) {
    const message = addressProblem(proxy);
    if (message !== undefined) problems.push({ path: ['http', 'trusted_proxy', n], message });
  }
  if (!isLoopback(mqtt.websocket?.host ?? loopbackHost) && mqtt.allow_plaintext !== true)
    problems.push({
      path: ['mqtt', 'websocket', 'host'],
      message: words('mistake/mqtt.plain-websocket', { host: `${mqtt.websocket?.host}` }),
    });
  if (mqtt.websocket?.tls_port !== undefined && mqtt.tls === undefined)
    problems.push({
      path: ['mqtt', 'websocket', 'tls_port'],
      message: words('mistake/mqtt.no-certificate'),
    });
  if (!isLoopback(http.host ?? loopbackHost) && http.tls === undefined && http.trusted_proxy === undefined)
    problems.push({
      path: ['http', 'host'],
      message: words('mistake/http.plain'),
    });
  for (const [n, name] of (certificates?.names ?? []).entries())
    if (!isForCertificates(name.toLowerCase()))
      problems.push({ path: ['certificates', 'names', n], message: words('mistake/certificates.name', { name }) });
  problems.push(...ports({ mqtt, http }));
  const names = uplink.map(sinkName);
  const receiver = evidence?.receiver;
  const unsafe =
    receiver === undefined
      ? undefined
      : receiverAddressProblem(receiver.url, receiver.tls !== undefined, 'evidence.receiver.url', 'pictures');
  if (unsafe !== undefined) problems.push({ path: ['evidence', 'receiver', 'url'], message: unsafe });
  problems.push(...halfAPair(evidence?.receiver?.tls, ['evidence', 'receiver', 'tls']));
  for (const [index, sink] of uplink.entries()) {
    const name = sinkName(sink);
    problems.push(...halfAPair(sink.tls, ['uplink', index, 'tls']));
    if (names.indexOf(name) !== index)
      problems.push({ path: ['uplink', index], message: words('mistake/uplink.twice', { name }) });
    for (const problem of sinkKindOf(sink).check(sink, { setting: `uplink[${index}]` }))
      problems.push({ ...problem, path: ['uplink', index, ...problem.path] });
  }
  return problems;
}

function halfPairs({ mqtt, http }: WrittenInstallation): readonly Problem[] {
  return [...halfAPair(mqtt.tls, ['mqtt', 'tls']), ...halfAPair(http.tls, ['http', 'tls'])];
}

/** A certificate without its key, or a key without its certificate. */
function halfAPair(tls: ServerPair | ClientTls | undefined, path: Problem['path']): readonly Problem[] {
  if (tls === undefined || tls === true || (tls.certificate === undefined) === (tls.key === undefined)) return [];
  const there = tls.key === undefined ? 'certificate' : 'key';
  const file = `${tls[there]}`;
  const message =
    there === 'certificate' ? words('mistake/tls.no-key', { file }) : words('mistake/tls.no-certificate', { file });
  return [{ path: [...path, there], message }];
}

/** Two listeners of this gateway on one port. */
function ports({ mqtt, http }: Pick<Installation, 'mqtt' | 'http'>): readonly Problem[] {
  const listeners: { readonly path: readonly string[]; readonly key?: string; readonly port: number }[] = [
    { path: ['mqtt'], port: mqtt.port ?? defaultMqttPort },
    ...(mqtt.tls === undefined ? [] : [{ path: ['mqtt', 'tls'], port: mqtt.tls.port ?? defaultMqttTlsPort }]),
    ...(mqtt.websocket === undefined
      ? []
      : [{ path: ['mqtt', 'websocket'], port: mqtt.websocket.port ?? defaultWebSocketPort }]),
    ...(mqtt.websocket === undefined || mqtt.tls === undefined
      ? []
      : [
          {
            path: ['mqtt', 'websocket'],
            key: 'tls_port',
            port: mqtt.websocket.tls_port ?? defaultWebSocketTlsPort,
          },
        ]),
    { path: ['http'], port: http.port ?? defaultHttpPort },
    ...(http.tls === undefined ? [] : [{ path: ['http', 'tls'], port: http.tls.port ?? defaultHttpsPort }]),
  ];
  return listeners.flatMap(({ path, key = 'port', port }, index) => {
    const first = listeners.findIndex((other) => other.port === port);
    if (first === index) return [];
    const [a, b] = [path.join('.'), `${listeners[first]?.path.join('.')}`];
    const message = words('mistake/port.twice', { a, b, port: String(port) });
    return [{ path: [...path, key], message }];
  });
}
