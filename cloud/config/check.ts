/**
 * `forpost cloud check`: lists the problems that a start would refuse, and warns of things that do not work now: an
 * unreachable channel or Kafka, an expiring certificate, a users file without a user.
 *
 * Always: only a mistake in the file is a problem (status 1); a state that changes by itself is a warning and does not
 * prevent a start. The check sends nothing that people would see, and writes nothing.
 */
import { readFile } from 'node:fs/promises';
import { systemClock } from '@forpost/shared/clock.ts';
import { configProblems } from '@forpost/shared/config/yaml.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { certificateProblems, certificatesIn } from '@forpost/shared/tls.ts';
import { readUsers, usersFileOf } from '../access/users.ts';
import { kafkaClient, kafkaReason } from '../kafka/client.ts';
import type { ChannelConfig } from '../notify/channel-kind.ts';
import { channelKindOf, createRoutes } from '../notify/channels/registry.ts';
import type { CloudConfig } from './config.ts';
import { clusterOf } from './kafka-cluster.ts';
import { loadCloud } from './load.ts';

export interface CloudChecked {
  /** FILE:LINE:COLUMN: a problem that a start would refuse */
  readonly problems: readonly string[];
  /** things that do not work now */
  readonly warnings: readonly string[];
  /** the configuration in one line; empty where there are problems */
  readonly summary: string;
}

const channelDeadlineMs = 5_000;

/** Mistakes in the file and unreachable services are results, never rejections. */
export async function checkCloud(file: string): Promise<CloudChecked> {
  let config: CloudConfig;
  try {
    config = loadCloud(file);
  } catch (error) {
    const problems = configProblems(error);
    if (problems === undefined) throw error;
    return { problems, warnings: [], summary: '' };
  }
  const warnings = await Promise.all([
    channelWarnings(config),
    kafkaWarnings(config, file),
    certificateWarnings(config),
    userWarnings(config),
  ]);
  return { problems: [], warnings: warnings.flat(), summary: summaryOf(config) };
}

async function channelWarnings({ notify = [] }: CloudConfig): Promise<readonly string[]> {
  if (notify.length === 0) return ['notify: nobody is notified of an alarm, because no channel is configured'];
  const checked = notify.map(async (channel) => {
    try {
      const [route] = createRoutes([channel]);
      await route?.channel.check?.(AbortSignal.timeout(channelDeadlineMs));
      return [];
    } catch (error) {
      return [`notify: ${messageOf(error)}`];
    }
  });
  return (await Promise.all(checked)).flat();
}

async function kafkaWarnings(config: CloudConfig, file: string): Promise<readonly string[]> {
  if (config.kafka === undefined) return [];
  const cluster = clusterOf(config, file);
  const client = kafkaClient(cluster, 'check', silentLogger());
  const admin = client.admin();
  try {
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: [`${cluster.prefix}.alerts`] }).catch(notThereYet);
    // also connects to the brokers by the names that Kafka advertises
    await admin.fetchTopicOffsets(`${cluster.prefix}.alerts`).catch(notThereYet);
    return [];
  } catch (error) {
    return [`kafka: ${kafkaReason(error, cluster, systemClock.now())}`];
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** Ignores a missing topic, because the centre creates its topics itself. @throws any other error */
function notThereYet(error: unknown): void {
  for (let at = error; at instanceof Error; at = at.cause)
    if ('type' in at && at.type === 'UNKNOWN_TOPIC_OR_PARTITION') return;
  throw error;
}

async function certificateWarnings({ http, receiver }: CloudConfig): Promise<readonly string[]> {
  const listeners = [
    { setting: 'http.tls', file: http.tls?.certificate, host: http.host },
    { setting: 'receiver.tls', file: receiver?.tls.certificate, host: receiver?.host },
  ];
  const warnings = listeners.map(async ({ setting, file, host }) => {
    if (file === undefined) return [];
    const chain = certificatesIn(await readFile(file, 'utf8')) ?? [];
    const names = host === undefined ? [] : [host];
    return certificateProblems(chain, systemClock.now(), names).map((problem) => `${setting}: ${problem}`);
  });
  return (await Promise.all(warnings)).flat();
}

async function userWarnings({ data }: CloudConfig): Promise<readonly string[]> {
  try {
    const users = await readUsers(usersFileOf(data));
    return users.size === 0 ? ['nobody can log in: forpost cloud user add NAME'] : [];
  } catch (error) {
    // before the first start there is no users file
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : [`nobody can log in: ${messageOf(error)}`];
  }
}

function summaryOf({ http, kafka, history, notify = [], receiver }: CloudConfig): string {
  const page = `page by ${http.tls === undefined ? 'http' : 'https'}${http.trusted_proxy === undefined ? '' : ' behind a proxy'}`;
  const parts = [
    page,
    kafka === undefined ? 'no Kafka' : `Kafka at ${kafka.brokers.join(', ')}`,
    history?.url === undefined ? 'embedded history' : 'history on a server',
    ...(receiver === undefined ? [] : ['receiver with a port of its own']),
    channelsInWords(notify),
  ];
  return `centre: ${parts.join(', ')}`;
}

/** Most channels that the summary describes. */
const mostSummaries = 3;

function channelsInWords(notify: readonly ChannelConfig[]): string {
  const count = `${notify.length} ${notify.length === 1 ? 'channel' : 'channels'}`;
  if (notify.length === 0) return count;
  const summaries = notify.slice(0, mostSummaries).map((channel) => channelKindOf(channel).summary(channel));
  return `${count} (${summaries.join('; ')}${notify.length > mostSummaries ? '; …' : ''})`;
}
