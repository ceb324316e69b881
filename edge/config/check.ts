/**
 * `forpost check FILE`: everything that a start would refuse, and what it would bear with a camera that is off, without
 * starting.
 */
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { configProblems, type Problem } from '@forpost/shared/config/yaml.ts';
import { tlsFileProblems } from '@forpost/shared/kafka/security.ts';
import { trustedKeys } from '../commands/trusted-keys.ts';
import { type LoadedSite, loadSite } from '../site/load.ts';
import type { SinkSecret } from '../site/site.ts';
import { evidenceSecret } from '../uplink/upload-target.ts';
import { checkModels } from '../vision/check-models.ts';
import type { Installation, SinkConfig } from './installation.ts';
import { nameOfSink, readInstallation } from './load.ts';

export interface Checked {
  /** FILE:LINE:COLUMN: what is wrong */
  readonly problems: readonly string[];
  /** those of them that keep the gateway from starting: a model that is not there keeps only its cameras from it */
  readonly fatal: readonly string[];
  /** one line about what is configured; empty where there are problems */
  readonly summary: string;
}

/** Checks the installation's file and the two that it names. Never rejects because of what stands in them. */
export async function checkFiles(installationFile: string): Promise<Checked> {
  try {
    const { installation, yaml } = readInstallation(installationFile);
    const loaded = loadSite(installation.site_file, installation.secrets_file);
    const problems: string[] = trustedKeys(installation).problems.map((problem) => yaml.describe(problem));
    const secrets = loaded.secrets.uplink ?? {};
    const names = installation.uplink.map(nameOfSink);
    if (installation.evidence?.receiver !== undefined) names.push(evidenceSecret);
    for (const [index, sink] of installation.uplink.entries()) {
      const name = nameOfSink(sink);
      const secret = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
      const found = [...secretProblems(sink, index, secret, installation.secrets_file), ...pemProblems(sink, index)];
      problems.push(...found.map((problem) => yaml.describe(problem)));
    }
    for (const [name, secret] of Object.entries(secrets))
      if (!names.includes(name)) {
        const message = `uplink.${name} is a ${kindOf(secret)} for nobody${suggestion(name, names)}`;
        problems.push(loaded.secretsYaml.describe({ path: ['uplink', name], message, onKey: true }));
      }
    const ofModels = await checkModels(loaded.site.cameras, join(installation.data, 'models'));
    const all = [...problems, ...ofModels.map((problem) => loaded.siteYaml.describe(problem))];
    return { problems: all, fatal: problems, summary: all.length > 0 ? '' : summaryOf(installation, loaded) };
  } catch (error) {
    const problems = configProblems(error);
    if (problems === undefined) throw error;
    return { problems, fatal: problems, summary: '' };
  }
}

const kindOf = (secret: SinkSecret) => ('token' in secret ? 'token' : 'password');

/** A sink's own kind of secret: a token for the receiver, a password for a log-in to Kafka. */
function secretProblems(
  sink: SinkConfig,
  index: number,
  secret: SinkSecret | undefined,
  secretsFile: string,
): readonly Problem[] {
  const name = nameOfSink(sink);
  const needed = sink.kind === 'http' ? 'token' : sink.sasl === undefined ? undefined : 'password';
  const there = secret === undefined ? undefined : kindOf(secret);
  // a certificate says who we are as well
  if (sink.kind === 'http' && there === undefined && hasCertificate(sink)) return [];
  if (needed === there) return [];
  const instead = there === undefined ? '' : `, but a ${there}`;
  const message =
    needed === undefined
      ? `the uplink "${name}" has a ${there} in ${secretsFile} but no sasl: add sasl, or remove the ${there}`
      : `the uplink "${name}" has no ${needed}${instead}: add it under uplink in ${secretsFile}`;
  return [{ path: ['uplink', index], message }];
}

function hasCertificate({ tls }: SinkConfig): boolean {
  return tls !== undefined && tls !== true && tls.certificate !== undefined;
}

function pemProblems(sink: SinkConfig, index: number): readonly Problem[] {
  if (sink.tls === undefined) return [];
  return tlsFileProblems(sink.tls, systemClock.now()).map(({ file, message }) => ({
    path: ['uplink', index, 'tls', file],
    message: `uplink[${index}].tls.${file}: ${message}`,
  }));
}

function summaryOf(installation: Installation, { site }: LoadedSite): string {
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  const sinks = installation.uplink.map((sink) =>
    sink.kind === 'kafka' ? `Kafka at ${sink.brokers.join(', ')}` : sink.url,
  );
  const zones = site.cameras.reduce((sum, { zones: own }) => sum + (own?.length ?? 0), 0);
  return [
    `gateway ${installation.gateway}, site ${site.id} (${site.timezone}):`,
    [
      count(site.devices.length, 'device'),
      count(site.consumers.length, 'consumer'),
      `${count(site.cameras.length, 'camera')} with ${count(zones, 'zone')}`,
      count(site.rules.length, 'rule'),
      sinks.length === 0 ? 'no uplink' : `uplink to ${sinks.join(' and ')}`,
    ].join(', '),
  ].join(' ');
}
