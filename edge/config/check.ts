/** `forpost check FILE`: everything that a start would refuse, and what stands between the files, without starting. */
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { configProblems } from '@forpost/shared/config/yaml.ts';
import { type LoadedSite, loadSite } from '../site/load.ts';
import type { Installation } from './installation.ts';
import { nameOfSink, readInstallation } from './load.ts';

export interface Checked {
  /** FILE:LINE:COLUMN: what is wrong; empty where the gateway would start */
  readonly problems: readonly string[];
  /** one line about what is configured; empty where there are problems */
  readonly summary: string;
}

/** Checks the installation's file and the two that it names. Never rejects because of what stands in them. */
export async function checkFiles(installationFile: string): Promise<Checked> {
  try {
    const { installation, yaml } = readInstallation(installationFile);
    const loaded = loadSite(installation.site_file, installation.secrets_file);
    const problems: string[] = [];
    const tokens = loaded.secrets.uplink ?? {};
    const names = installation.uplink.map(nameOfSink);
    for (const [index, sink] of installation.uplink.entries())
      if (sink.kind === 'http' && !Object.hasOwn(tokens, nameOfSink(sink)))
        problems.push(
          yaml.describe({
            path: ['uplink', index],
            message: `the uplink "${nameOfSink(sink)}" has no token: add it under uplink in ${installation.secrets_file}`,
          }),
        );
    for (const name of Object.keys(tokens))
      if (!names.includes(name)) {
        const message = `uplink.${name} is a token for nobody${suggestion(name, names)}`;
        problems.push(loaded.secretsYaml.describe({ path: ['uplink', name], message, onKey: true }));
      }
    return { problems, summary: problems.length > 0 ? '' : summaryOf(installation, loaded) };
  } catch (error) {
    const problems = configProblems(error);
    if (problems === undefined) throw error;
    return { problems, summary: '' };
  }
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
