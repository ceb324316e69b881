/**
 * `forpost replay`: a person runs it on the gateway, whether the gateway runs or not. Progress goes to standard error
 * (one line that is rewritten on a terminal, else a line now and then), the final figures to standard output.
 */
import { join } from 'node:path';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { asId, isLane, lanes } from '@forpost/shared/event/ids.ts';
import { createLogger } from '@forpost/shared/logging.ts';
import { identityOf, readInstance } from '../backup/instance.ts';
import { loadInstallation } from '../config/load-installation.ts';
import { loadSite } from '../config/load-site.ts';
import { openKept, outboxFileName } from '../outbox/sqlite/reader/kept-events.ts';
import { sinkName } from '../uplink/sink-kind.ts';
import { createSink } from '../uplink/sinks/registry.ts';
import { Pacer } from '../uplink/thread/pacer.ts';
import { UplinkMemory } from '../uplink/thread/uplink-memory.ts';
import { type ReplayFigures, rangeOf, replay } from './replay.ts';

export interface ReplayCommand {
  readonly config: string;
  readonly lane: string;
  readonly from: string;
  readonly to: string;
  readonly epoch?: string;
  /** names of sinks; empty: all */
  readonly sink?: readonly string[];
}

const progressEveryMs = 2_000;
const terminalEveryMs = 100;

/** @throws ForpostError that names what a person has to correct */
export async function runReplay(command: ReplayCommand): Promise<void> {
  const { lane } = command;
  if (!isLane(lane))
    throw new ForpostError('FORPOST_ARGUMENT_INVALID', `there is no lane "${lane}"${suggestion(lane, [...lanes])}`);
  const range = rangeOf(command.from, command.to, command.epoch);
  const installation = loadInstallation(command.config);
  const { site, secrets } = loadSite(installation.site_file, installation.secrets_file);
  const logger = createLogger('replay', 'error');
  const clock = systemClock;
  const configs = chosen(installation.uplink, command.sink, command.config);
  const instance = identityOf(readInstance(installation.data, logger));
  const identity = { site: site.id, gateway: asId<'gateway'>(installation.gateway), ...instance };
  // the sinks read the uplink's memory; the day's budget is the uplink's alone
  const known = new UplinkMemory(join(installation.data, 'uplink-memory.json'), logger).value.partitions;
  const kept = openKept(join(installation.data, outboxFileName));
  try {
    for (const config of configs) {
      const name = sinkName(config);
      const memory = new UplinkMemory(undefined, logger);
      memory.change({ partitions: known });
      const secret =
        secrets.uplink !== undefined && Object.hasOwn(secrets.uplink, name) ? secrets.uplink[name] : undefined;
      const context = { name, identity, secret, memory: memory.of(name), clock, logger };
      const { sink, backoff, limits } = await createSink(config, context);
      const { bytesPerSecond } = limits;
      if (limits.bytesPerDay !== undefined)
        process.stderr.write(`${name}: what is sent again does not count to the day's budget\n`);
      const pacer = new Pacer({ sink: name, limits: { bytesPerSecond }, clock, timeZone: site.timezone, memory });
      const began = clock.uptime();
      const onProgress = progress(name, clock);
      const figures = await replay({
        sink,
        lane,
        range,
        kept,
        identity,
        pacer,
        backoff,
        clock,
        random: Math.random,
        onProgress,
      });
      if (process.stderr.isTTY) process.stderr.write('\n');
      process.stdout.write(`${summary(name, lane, figures, (clock.uptime() - began) / 1000)}\n`);
    }
  } finally {
    kept.close();
  }
}

function chosen<Config extends Parameters<typeof sinkName>[0]>(
  all: readonly Config[],
  names: readonly string[] | undefined,
  file: string,
): readonly Config[] {
  if (all.length === 0) throw new ForpostError('FORPOST_CONFIG_INVALID', `${file} has no uplink: there is no centre`);
  if (names === undefined || names.length === 0) return all;
  const known = all.map((config) => sinkName(config));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new ForpostError('FORPOST_ARGUMENT_INVALID', `there is no uplink "${unknown}"${suggestion(unknown, known)}`);
  return all.filter((config) => names.includes(sinkName(config)));
}

function progress(name: string, clock: Clock): (figures: ReplayFigures) => void {
  const terminal = process.stderr.isTTY === true;
  let reportedAt = clock.uptime();
  return ({ sent, read, of }) => {
    if (clock.uptime() - reportedAt < (terminal ? terminalEveryMs : progressEveryMs)) return;
    reportedAt = clock.uptime();
    const line = `${name}: ${sent} events sent, ${of === 0 ? 100 : Math.floor((read / of) * 100)} % read`;
    process.stderr.write(terminal ? `\r${line}\u001b[K` : `${line}\n`);
  };
}

function summary(
  name: string,
  lane: string,
  { sent, bytes, refused, altered, waiting }: ReplayFigures,
  seconds: number,
): string {
  return [
    `${name}: ${sent} events of ${lane} (${(bytes / 1e6).toFixed(1)} MB) sent again in ${seconds.toFixed(1)} s`,
    ...(refused === 0 ? [] : [`${refused} were refused for good`]),
    ...(altered === 0 ? [] : [`${altered} are damaged on this disk and were not sent`]),
    ...(waiting === 0 ? [] : [`${waiting} more wait for their first delivery, which is the uplink's`]),
  ].join('; ');
}
