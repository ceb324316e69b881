/** Composes the health of the machine that the gateway runs on. Constructs and connects only. */
import { join } from 'node:path';
import { HostHealth } from '../health/host/host-health.ts';
import { hostLimits } from '../health/host/settings.ts';
import { wordsOf } from '../rules/words.ts';
import { type GatewayOptions, loggerOf } from './options.ts';
import type { Alarming, Ground, Outside } from './parts.ts';

export function composeHost(
  options: GatewayOptions,
  { outbox }: Ground,
  { site, alarms, pipeline }: Alarming,
  { evidenceStore }: Outside,
): HostHealth {
  const { installation, clock } = options;
  const { data, gateway, name = gateway } = installation;
  return new HostHealth({
    folder: data,
    file: join(data, 'host-health.json'),
    limits: hostLimits(installation.host_health),
    gateway,
    name,
    clock,
    words: () => wordsOf(site.current.language),
    ownBytes: () => outbox.status().fileBytes + evidenceStore.figures().bytes,
    active: () => alarms.active(),
    alarm: (transitions) => pipeline.own.alarm(transitions),
    logger: loggerOf(options, 'host health'),
  });
}
