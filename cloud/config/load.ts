/**
 * Reads and checks cloud.yaml. Paths count from the file's own folder, so the centre can be started from any folder.
 *
 * Always: all problems are listed at once, each with FILE:LINE:COLUMN. The centre does not start with a problem.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { resolvedTls, tlsFileProblems } from '@forpost/shared/client-tls.ts';
import type { Problem } from '@forpost/shared/config/explain.ts';
import { withSuggestion } from '@forpost/shared/config/nearest.ts';
import { configError, loadYaml } from '@forpost/shared/config/yaml.ts';
import { clearAddressProblem } from '@forpost/shared/http/clear-address.ts';
import { addressProblem } from '@forpost/shared/http/forwarded.ts';
import { isLoopback } from '@forpost/shared/http/loopback.ts';
import { brokerProblem } from '@forpost/shared/kafka/brokers.ts';
import { clearPassword } from '@forpost/shared/kafka/clear-password.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { channelKindOf } from '../notify/channels/registry.ts';
import { type CloudConfig, cloudSchema } from './config.ts';

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** The configuration in `file`, with absolute paths. @throws ForpostError FORPOST_CONFIG_INVALID, one line a problem */
export function loadCloud(file: string): CloudConfig {
  const { value: written, describe } = loadYaml(file, cloudSchema);
  const value = resolved(written, (path) => resolve(dirname(file), path));
  const problems = [
    ...historyProblems(value),
    ...kafkaProblems(value),
    ...httpProblems(value),
    ...receiverProblems(value),
    ...channelProblems(value),
    ...levelProblems(value),
  ];
  if (problems.length > 0) throw configError(problems.map((problem) => describe(problem)));
  return value;
}

/** The password of the centre's log-in to Kafka: the file's first line. @throws the error of the file system */
export function readPassword(file: string): string {
  return (readFileSync(file, 'utf8').split('\n')[0] ?? '').replace(/\r$/, '');
}

function resolved(value: CloudConfig, at: (path: string) => string): CloudConfig {
  const { kafka, receiver, commands, notify } = value;
  const paths = {
    data: at(value.data),
    http: resolvedHttp(value.http, at),
    ...(receiver === undefined ? {} : { receiver: { ...receiver, tls: resolvedReceiverTls(receiver.tls, at) } }),
    ...(commands?.key_file === undefined ? {} : { commands: { ...commands, key_file: at(commands.key_file) } }),
    ...(notify === undefined
      ? {}
      : { notify: notify.map((channel) => channelKindOf(channel).resolved?.(channel, at) ?? channel) }),
  };
  if (kafka === undefined) return { ...value, ...paths };
  const { tls, sasl } = kafka;
  return {
    ...value,
    ...paths,
    kafka: {
      ...kafka,
      ...(tls === undefined ? {} : { tls: resolvedTls(tls, at) }),
      ...(sasl === undefined ? {} : { sasl: { ...sasl, password_file: at(sasl.password_file) } }),
    },
  };
}

function resolvedHttp(http: CloudConfig['http'], at: (path: string) => string): CloudConfig['http'] {
  const { tls, metrics_token_file: token } = http;
  return {
    ...http,
    ...(tls === undefined ? {} : { tls: { certificate: at(tls.certificate), key: at(tls.key) } }),
    ...(token === undefined ? {} : { metrics_token_file: at(token) }),
  };
}

type ReceiverTls = NonNullable<CloudConfig['receiver']>['tls'];

function resolvedReceiverTls(tls: ReceiverTls, at: (path: string) => string): ReceiverTls {
  const { certificate, key, client_ca: ca } = tls;
  return { ...tls, certificate: at(certificate), key: at(key), ...(ca === undefined ? {} : { client_ca: at(ca) }) };
}

function httpProblems({ http }: CloudConfig): Problem[] {
  const { host = '127.0.0.1', tls, trusted_proxy: proxies = [], allow_plaintext: insisted } = http;
  const problems: Problem[] = proxies.flatMap((text, index) => {
    const message = addressProblem(text);
    return message === undefined ? [] : [{ path: ['http', 'trusted_proxy', index], message }];
  });
  if (tls !== undefined)
    for (const { file, message } of tlsFileProblems(tls))
      problems.push({
        path: ['http', 'tls', file],
        message: words('gateway/reason.of', { name: `http.tls.${file}`, reason: message }),
      });
  else if (!isLoopback(host) && proxies.length === 0 && insisted !== true)
    problems.push({
      path: ['http', 'host'],
      message: words('mistake/cloud.http-plain', { host }),
    });
  return problems;
}

function receiverProblems({ receiver }: CloudConfig): Problem[] {
  if (receiver === undefined) return [];
  const { certificate, key, client_ca: ca, client_certificate_required: required } = receiver.tls;
  const files = { certificate, key, ...(ca === undefined ? {} : { ca }) };
  const problems: Problem[] = tlsFileProblems(files).map(({ file, message }) => {
    const name = file === 'ca' ? 'client_ca' : file;
    const reason = words('gateway/reason.of', { name: `receiver.tls.${name}`, reason: message });
    return { path: ['receiver', 'tls', name], message: reason };
  });
  if (required === true && ca === undefined)
    problems.push({
      path: ['receiver', 'tls', 'client_certificate_required'],
      message: words('mistake/cloud.client-ca'),
    });
  return problems;
}

function kafkaProblems({ kafka }: CloudConfig): Problem[] {
  if (kafka === undefined) return [];
  const { brokers, tls, sasl } = kafka;
  const problems: Problem[] = tlsFileProblems(tls ?? true).map(({ file, message }) => ({
    path: ['kafka', 'tls', file],
    message: words('gateway/reason.of', { name: `kafka.tls.${file}`, reason: message }),
  }));
  for (const [index, broker] of brokers.entries()) {
    const message = brokerProblem(broker);
    if (message !== undefined) problems.push({ path: ['kafka', 'brokers', index], message });
  }
  const clear = clearPassword(brokers, tls, sasl);
  if (clear !== undefined) problems.push({ path: ['kafka', 'sasl'], message: clear });
  const unusable = sasl === undefined ? undefined : passwordProblem(sasl.password_file);
  if (unusable !== undefined)
    problems.push({
      path: ['kafka', 'sasl', 'password_file'],
      message: words('gateway/reason.of', { name: 'kafka.sasl.password_file', reason: unusable }),
    });
  return problems;
}

function passwordProblem(file: string): Words | undefined {
  try {
    return readPassword(file) === '' ? words('mistake/cloud.password-empty', { file }) : undefined;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return words(isMissing ? 'gateway/problem.file-not-there' : 'gateway/problem.file-unreadable', { file });
  }
}

function historyProblems({ history }: CloudConfig): Problem[] {
  if (history?.url === undefined) return [];
  const message = clearAddressProblem(history.url, 'history.url', history.allow_plaintext);
  return message === undefined ? [] : [{ path: ['history', 'url'], message }];
}

function channelProblems({ notify = [] }: CloudConfig): Problem[] {
  return notify.flatMap((channel, index) => {
    const own = channelKindOf(channel).check(channel, `notify[${index}]`);
    const problems: Problem[] = own.map((one) => ({ ...one, path: ['notify', index, ...one.path] }));
    if (notify.findIndex(({ id }) => id === channel.id) < index)
      problems.push({
        path: ['notify', index, 'id'],
        message: words('mistake/cloud.channel-twice', { id: channel.id }),
      });
    const people = (channel.recipients ?? []).map(({ to }) => to);
    for (const [at, to] of people.entries())
      if (people.indexOf(to) < at)
        problems.push({
          path: ['notify', index, 'recipients', at, 'to'],
          message: words('mistake/cloud.recipient-twice', { id: channel.id, to }),
        });
    return problems;
  });
}

function levelProblems({ log_level: level }: CloudConfig): Problem[] {
  if (level === undefined || logLevels.includes(level)) return [];
  return [
    { path: ['log_level'], message: withSuggestion(words('mistake/cloud.log-level', { level }), level, logLevels) },
  ];
}
