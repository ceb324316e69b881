/**
 * Judges whether a gateway may start with its configuration. `forpost check` (which the systemd unit runs first), `forpost
 * gateway` and a reload all ask here, so that none of them refuses a configuration that another accepts.
 *
 *   a mistake of a person ──► problem: FILE:LINE:COLUMN, what is wrong and what to do ──► no start
 *   a certificate, a model, a file that the gateway wrote, the disk ──► warning ──► starts; that part waits and says so
 *
 * Always: a problem stands in gateway.yaml, site.yaml or secrets.yaml, or is the data folder that they name. What the
 * gateway wrote itself, and what time or another machine changes, is never a problem.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';
import { withSuggestion } from '@forpost/shared/config/nearest.ts';
import { type PlacedProblem, type Problem, placedProblems } from '@forpost/shared/config/yaml.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { trustedKeys } from '../commands/trusted-keys.ts';
import { evidenceSecret } from '../evidence/upload-target.ts';
import { isFailing, isReadOnly } from '../outbox/sqlite/disk-trouble.ts';
import type { Secrets } from '../site/secrets.ts';
import type { BridgeConfig, Site } from '../site/site.ts';
import { secretKey, sinkName } from '../uplink/sink-kind.ts';
import { sinkKindOf } from '../uplink/sinks/registry.ts';
import { conditions, lastingConditions, type Warning } from './conditions.ts';
import type { Installation } from './installation.ts';
import { readInstallation } from './load-installation.ts';
import { type LoadedSite, loadSite } from './load-site.ts';

export interface Loaded {
  readonly installation: Installation;
  readonly site: Site;
  readonly secrets: Secrets;
  /** the conditions that no running part reports itself, looked for at each call */
  readonly conditions: () => readonly Warning[];
}

export interface Judged {
  /** FILE:LINE:COLUMN: what is wrong; with any of them the gateway does not start */
  readonly problems: readonly string[];
  /** the problems for readers of any language */
  readonly sentences: readonly Message[];
  /** conditions that stop their own part alone */
  readonly warnings: readonly Warning[];
  /** what is configured, in one line; empty where there are problems */
  readonly summary: string;
  /** what the files say; absent where there are problems */
  readonly loaded?: Loaded;
}

/** Reads the installation's file and the two that it names. Never rejects for their content. */
export async function judge(installationFile: string, clock: Clock = systemClock): Promise<Judged> {
  try {
    const { installation, yaml } = readInstallation(installationFile);
    const site = loadSite(installation.site_file, installation.secrets_file);
    const problems = [
      ...[...trustedKeys(installation).problems, ...dataProblems(installation.data)].map((one) => yaml.describe(one)),
      ...uplinkProblems(installation, site, (one) => yaml.describe(one)),
    ];
    if (problems.length > 0) return refused(problems);
    const configured = { file: installationFile, installation, yaml, site };
    const warnings = await conditions(configured, clock);
    const checkAgain = () => lastingConditions(configured, clock);
    const loaded: Loaded = { installation, site: site.site, secrets: site.secrets, conditions: checkAgain };
    return { problems: [], sentences: [], warnings, summary: summaryOf(installation, site), loaded };
  } catch (error) {
    const problems = placedProblems(error);
    if (problems === undefined) throw error;
    return refused(problems);
  }
}

function refused(problems: readonly PlacedProblem[]): Judged {
  return {
    problems: problems.map(({ line }) => line),
    sentences: problems.map(({ sentence }) => sentence),
    warnings: [],
    summary: '',
  };
}

/** A data folder that this user may not use. A full, worn out or read-only disk is no problem: alarms go on. */
function dataProblems(folder: string): readonly Problem[] {
  const path = ['data'];
  try {
    if (!statSync(folder).isDirectory()) return [{ path, message: words('mistake/data.no-folder', { folder }) }];
    accessSync(folder, constants.W_OK | constants.X_OK);
    return [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    if (isFailing(error, { isReadOnly: () => isReadOnly(folder) })) return [];
    return [{ path, message: words('mistake/data.unusable', { folder, reason: messageOf(error) }) }];
  }
}

function uplinkProblems(
  installation: Installation,
  { secrets, secretsYaml }: LoadedSite,
  describe: (problem: Problem) => PlacedProblem,
): readonly PlacedProblem[] {
  const problems: PlacedProblem[] = [];
  const all = secrets.uplink ?? {};
  const names = installation.uplink.map(sinkName);
  if (installation.evidence?.receiver !== undefined) names.push(evidenceSecret);
  for (const [index, sink] of installation.uplink.entries()) {
    const name = sinkName(sink);
    const secret = Object.hasOwn(all, name) ? all[name] : undefined;
    const place = { name, setting: `uplink[${index}]`, secretsFile: installation.secrets_file };
    const message = sinkKindOf(sink).checkSecret(sink, secret, place);
    if (message !== undefined) problems.push(describe({ path: ['uplink', index], message }));
  }
  for (const [name, secret] of Object.entries(all))
    if (!names.includes(name)) {
      const unknown = words('mistake/secret.no-uplink', { name, key: secretKey(secret) });
      const message = withSuggestion(unknown, name, names);
      problems.push(secretsYaml.describe({ path: ['uplink', name], message, onKey: true }));
    }
  return problems;
}

function bridgesInWords(bridges: readonly BridgeConfig[]): string {
  const behind = bridges.reduce((sum, { devices = [] }) => sum + devices.length, 0);
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  return `${count(bridges.length, 'bridge')} with ${count(behind, 'device')}`;
}

function summaryOf(installation: Installation, { site }: LoadedSite): string {
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  const sinks = installation.uplink.map((sink) => sinkKindOf(sink).summary(sink));
  const zones = site.cameras.reduce((sum, { zones: own }) => sum + (own?.length ?? 0), 0);
  return [
    `gateway ${installation.gateway}, site ${site.id} (${site.timezone}):`,
    [
      count(site.devices.length, 'device'),
      ...(site.bridges === undefined ? [] : [bridgesInWords(site.bridges)]),
      count(site.consumers.length, 'consumer'),
      `${count(site.cameras.length, 'camera')} with ${count(zones, 'zone')}`,
      count(site.rules.length, 'rule'),
      sinks.length === 0 ? 'no uplink' : `uplink to ${sinks.join(' and ')}`,
    ].join(', '),
  ].join(' ');
}
