/**
 * Checks the surroundings of the configuration: certificates, models, trusted keys, files that the gateway wrote, the
 * disk, and access rights of files. A warning about them never keeps the gateway from starting.
 *
 * Always: no file is opened that the running gateway has locked; looking changes nothing.
 */

import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ClientTls, tlsFileProblems } from '@forpost/shared/client-tls.ts';
import type { Clock, WallTime } from '@forpost/shared/clock.ts';
import type { LoadedYaml, Problem } from '@forpost/shared/config/yaml.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { weakness } from '@forpost/shared/password-strength.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { wordsOf } from '@forpost/shared/texts/sentence.ts';
import { certificateProblems, certificatesIn, ServerCertificate } from '@forpost/shared/tls.ts';
import { trustedKeys } from '../commands/trusted-keys.ts';
import { storedCredential } from '../site/secrets.ts';
import { checkModels } from '../vision/check-models.ts';
import { uselessFilters } from './check-consumers.ts';
import { uselessNames } from './check-log-ins.ts';
import type { Installation } from './installation.ts';
import { keptFileProblems } from './kept-files.ts';
import { usesSiteCertificate } from './load-installation.ts';
import type { LoadedSite } from './load-site.ts';

/**
 * What it is about. `uplink`, `commands` and `access` stand on the page, so their sentence has every language. A running part
 * reports `listener` (the certificate of MQTT or page), `camera`, `model` and `kept` (a file that an earlier run wrote)
 * itself. `unused`: a password that nobody uses (an undo may need it again), or a right that gives nothing.
 */
export type Warning = {
  /** FILE:LINE:COLUMN, where a line is to blame */
  readonly place?: string;
} & (
  | { readonly area: 'uplink' | 'commands' | 'access'; readonly message: Words }
  | { readonly area: 'camera' | 'listener' | 'model' | 'kept' | 'disk' | 'unused'; readonly message: string }
);

/** A problem whose sentence has every language. */
type WordedProblem = Problem & { readonly message: Words };

/** A problem that only the command line and the log show. */
type ShownProblem = Pick<Problem, 'path'> & { readonly message: string };

export interface Configured {
  readonly file: string;
  readonly installation: Installation;
  readonly yaml: LoadedYaml<unknown>;
  readonly site: LoadedSite;
}

/** A disk with less than this counts as full. */
const leastFreeBytes = 16 * 2 ** 20;

/** The printed form of a warning. */
export function warningText({ place, message }: Warning): string {
  return place === undefined ? message : `${place}: ${message}`;
}

/** All conditions. Never rejects for what it finds. */
export async function conditions(configured: Configured, clock: Clock): Promise<readonly Warning[]> {
  const { installation, site } = configured;
  return [
    ...located('listener', configured.yaml, await listenerProblems(installation, clock)),
    ...located('camera', site.siteYaml, cameraCas(site)),
    ...located('model', site.siteYaml, await checkModels(site.site.cameras, join(installation.data, 'models'))),
    ...lastingConditions(configured, clock),
    ...keptFileProblems(installation.data).map((message): Warning => ({ area: 'kept', message })),
    ...diskProblems(installation.data).map((message): Warning => ({ area: 'disk', message })),
  ];
}

/** The conditions that no running part reports itself. Reads a few small files, so it may be called often. */
export function lastingConditions(configured: Configured, clock: Clock): readonly Warning[] {
  const { installation, yaml, site } = configured;
  return [
    ...located('uplink', yaml, uplinkFiles(installation, clock.now())),
    ...located('commands', yaml, trustedKeys(installation).warnings),
    ...located('access', site.secretsYaml, weakPasswords(site)),
    ...located(
      'unused',
      site.secretsYaml,
      site.unusedSecrets.map(({ path, message }) => ({ path, message: wordsOf(message) })),
    ),
    ...located('unused', site.siteYaml, uselessFilters(site.site)),
    ...located(
      'unused',
      site.secretsYaml,
      uselessNames(site.secrets.mqtt, installation.mqtt.tls?.client_ca !== undefined),
    ),
    ...modeProblems(configured).map((message): Warning => ({ area: 'access', message })),
  ];
}

function located<Area extends Warning['area'], Message extends string>(
  area: Area,
  from: LoadedYaml<unknown>,
  problems: readonly (Pick<Problem, 'path'> & { readonly message: Message })[],
) {
  return problems.map(({ path, message }) => {
    const { line, column } = from.at(path);
    return { area, place: `${from.file}:${line}:${column}`, message };
  });
}

async function listenerProblems(installation: Installation, clock: Clock): Promise<ShownProblem[]> {
  const found: ShownProblem[] = [];
  const isOwn = (setting: string) => usesSiteCertificate(installation).includes(setting);
  for (const part of ['mqtt', 'http'] as const) {
    const { tls } = installation[part];
    // the first start makes it
    if (tls === undefined || (isOwn(`${part}.tls`) && !existsSync(tls.certificate))) continue;
    const names = tls.host === undefined ? [] : [tls.host];
    const files = 'client_ca' in tls ? { ...tls, ca: tls.client_ca } : tls;
    const options = { setting: `${part}.tls`, files, names, clock, logger: silentLogger() };
    const certificate = new ServerCertificate(options);
    const messages = await certificate.start().then(
      () => certificate.problems(),
      (error: Error) => [`${error.message}: this port refuses connections until the file can be read`],
    );
    await certificate.stop();
    found.push(...messages.map((message) => ({ path: [part, 'tls'], message })));
  }
  return found;
}

function uplinkFiles({ uplink, evidence }: Installation, now: WallTime): WordedProblem[] {
  const receiver = evidence?.receiver?.tls;
  return [
    ...uplink.flatMap(({ tls }, index) => tlsProblems(tls, ['uplink', index, 'tls'], `uplink[${index}].tls`, now)),
    ...tlsProblems(receiver, ['evidence', 'receiver', 'tls'], 'evidence.receiver.tls', now),
  ];
}

/** The files of a client's TLS: each connection reads them anew, so the uplink goes on once they are right. */
function tlsProblems(tls: ClientTls | undefined, path: Problem['path'], name: string, now: WallTime): WordedProblem[] {
  if (tls === undefined || tls === true) return [];
  const unusable = tlsFileProblems(tls).map(({ file, message }) => ({
    path: [...path, file],
    message: words('gateway/reason.of', { name: `${name}.${file}`, reason: message }),
  }));
  if (unusable.length > 0) return unusable;
  return (['certificate', 'ca'] as const).flatMap((file) => {
    const from = tls[file];
    const chain = from === undefined ? [] : (certificatesIn(readFileSync(from, 'utf8')) ?? []);
    // a bundle may hold an expired CA beside the one that counts
    if (file === 'ca' && chain.length > 1) return [];
    const problems = certificateProblems(chain, now);
    return problems.map((problem) => {
      const reason = words('gateway/reason.of', { name: `${from}`, reason: problem });
      return { path: [...path, file], message: words('gateway/reason.of', { name: `${name}.${file}`, reason }) };
    });
  });
}

function cameraCas({ site }: LoadedSite): ShownProblem[] {
  return site.cameras.flatMap(({ id, ca }, index) => {
    if (ca === undefined) return [];
    const [problem] = tlsFileProblems({ ca });
    const message = `camera "${id}": ${problem?.message}: the gateway does not send its log-in to this camera until the file is right`;
    return problem === undefined ? [] : [{ path: ['cameras', index, 'ca'], message }];
  });
}

function weakPasswords({ secrets }: LoadedSite): WordedProblem[] {
  return (['mqtt', 'console'] as const).flatMap((section) =>
    Object.entries(secrets[section]).flatMap(([id, secret]) => {
      const { password } = storedCredential(secret);
      const weak = password === undefined ? undefined : weakness(password);
      if (weak === undefined) return [];
      const again = `forpost devices password ${id}${section === 'console' ? ' --console' : ''}`;
      const message = words('gateway/problem.password-weak', {
        setting: `${section}.${id}`,
        reason: weak,
        command: again,
      });
      return [{ path: [section, id], message }];
    }),
  );
}

const forOthers = { read: 0o004, write: 0o002 } as const;

/** Secret files that everybody on this machine may read, and files of the configuration that everybody may write. */
function modeProblems({ file, installation }: Configured): Words[] {
  const { site_file, secrets_file, data, mqtt, http, uplink, evidence } = installation;
  const keys = [
    ...[mqtt.tls?.key, http.tls?.key],
    ...[...uplink.map(({ tls }) => tls), evidence?.receiver?.tls].map((tls) => (tls === true ? undefined : tls?.key)),
  ];
  const secret = [secrets_file, ...keys].filter((path) => path !== undefined);
  const decides = [file, site_file, ...secret, ...(installation.commands?.trusted_keys_file ?? '').split('\n', 1)];
  const folders = new Set([data, ...[file, site_file, secrets_file].map((path) => dirname(path))]);
  const open = (path: string, bits: number) => path !== '' && (modeOf(path) & bits) !== 0;
  const modeText = (path: string) => (modeOf(path) & 0o777).toString(8).padStart(3, '0');
  return [
    ...secret
      .filter((path) => open(path, forOthers.read))
      .map((path) => words('gateway/problem.secrets-readable', { path, mode: modeText(path) })),
    ...(open(data, forOthers.read) && open(join(data, 'outbox.db'), forOthers.read)
      ? [words('gateway/problem.data-readable', { path: data, mode: modeText(data) })]
      : []),
    ...[...new Set(decides), ...folders]
      .filter((path) => open(path, forOthers.write) && !isSticky(path))
      .map((path) => words('gateway/problem.file-writable', { path, mode: modeText(path) })),
  ];
}

function diskProblems(data: string): string[] {
  try {
    const { bavail, bsize } = statfsSync(data);
    return bavail * bsize >= leastFreeBytes
      ? []
      : [`the disk of ${data} is full: alerts go on, readings may not be stored`];
  } catch {
    // the folder does not exist yet
    return [];
  }
}

function modeOf(path: string): number {
  try {
    return statSync(path).mode;
  } catch {
    // the check of the configuration reports a missing file
    return 0;
  }
}

/** A folder like /tmp: everybody may add files, and nobody may replace those of others. */
function isSticky(path: string): boolean {
  return (modeOf(path) & 0o1000) !== 0;
}
