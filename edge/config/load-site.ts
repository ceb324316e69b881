/**
 * Reads the site (site.yaml) and its secrets (secrets.yaml), and makes the checks that a schema cannot express: names
 * that do not exist, conditions that are not CEL, zones without an area, passwords in the wrong place.
 *
 * Always: the problems of both files are reported together, each with its line; no message shows a secret.
 */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import {
  configError,
  type LoadedYaml,
  loadYaml,
  type PlacedProblem,
  parseYaml,
  placed,
  placedProblems,
} from '@forpost/shared/config/yaml.ts';
import type { SiteId } from '@forpost/shared/event/ids.ts';
import { readWholeSync } from '@forpost/shared/files.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { version } from '@forpost/shared/version.ts';
import type { Static } from 'typebox';
import { isMap, parseDocument } from 'yaml';
import { ruleKinds } from '../rules/kinds/registry.ts';
import type { Secrets } from '../site/secrets.ts';
import {
  type BridgeConfig,
  type CameraConfig,
  type DeviceConfig,
  documentFormat,
  type RuleConfig,
  type Site,
} from '../site/site.ts';
import { checkSecrets } from './check-secrets.ts';
import { checkSite, type Located } from './check-site.ts';
import { wholeSiteSchema } from './device-schema.ts';
import { wholeSecretsSchema } from './sink-schemas.ts';

export interface LoadedSite {
  readonly site: Site;
  readonly secrets: Secrets;
  /** for checks across files */
  readonly siteYaml: LoadedYaml<unknown>;
  readonly secretsYaml: LoadedYaml<Secrets>;
  /** secrets that nobody uses: they stop no start */
  readonly unusedSecrets: readonly Located[];
}

/**
 * `siteText`: taken instead of the text of the site's file.
 * @throws ForpostError FORPOST_CONFIG_INVALID, one line a problem of either file
 */
export function loadSite(siteFile: string, secretsFile: string, siteText?: string): LoadedSite {
  const problems: PlacedProblem[] = [];
  let unusedSecrets: readonly Located[] = [];
  const attempt = <T>(load: () => LoadedYaml<T>): LoadedYaml<T> | undefined => {
    try {
      return load();
    } catch (error) {
      const found = placedProblems(error);
      if (found === undefined) throw error;
      problems.push(...found);
      return undefined;
    }
  };
  const siteYaml = attempt(() => loadDocument(siteFile, siteText));
  const secretsYaml = attempt(() => loadYaml(secretsFile, wholeSecretsSchema, { secret: true }));
  const add = (yaml: LoadedYaml<unknown>, found: readonly Located[]) => {
    for (const { offset, ...problem } of found) problems.push(yaml.describe(problem, offset));
  };

  const site = siteYaml === undefined ? undefined : siteOf(siteYaml);
  if (site !== undefined && siteYaml !== undefined) add(siteYaml, checkSite(site));
  if (site !== undefined && siteYaml !== undefined && secretsYaml !== undefined) {
    const { ofSite, ofSecrets, unused } = checkSecrets(site, secretsYaml.value, secretsFile);
    add(siteYaml, ofSite);
    add(secretsYaml, ofSecrets);
    unusedSecrets = unused;
  }
  if (problems.length > 0 || site === undefined || siteYaml === undefined || secretsYaml === undefined)
    throw configError(problems);
  return { site, secrets: secretsYaml.value, siteYaml, secretsYaml, unusedSecrets };
}

/** What is wrong with a document, without its secrets: a line each, FILE:LINE:COLUMN. `file`: its name in the lines. */
export function documentProblems(file: string, text: string): readonly string[] {
  try {
    const yaml = loadDocument(file, text);
    return checkSite(siteOf(yaml)).map(({ offset, ...problem }) => yaml.describe(problem, offset).line);
  } catch (error) {
    const found = placedProblems(error);
    if (found === undefined) throw error;
    return found.map(({ line }) => line);
  }
}

/** @throws ForpostError FORPOST_CONFIG_INVALID; of a document that a newer Forpost made, with what is unknown in it */
function loadDocument(file: string, given: string | undefined): LoadedYaml<Static<typeof wholeSiteSchema>> {
  const load = () => (given === undefined ? loadYaml(file, wholeSiteSchema) : parseYaml(file, given, wholeSiteSchema));
  let found: readonly PlacedProblem[] = [];
  try {
    const loaded = load();
    if ((loaded.value.format ?? documentFormat) <= documentFormat) return loaded;
  } catch (error) {
    const problems = placedProblems(error);
    if (problems === undefined) throw error;
    found = problems;
  }
  const format = formatOf(given ?? textOf(file));
  if (format === undefined || format <= documentFormat) throw configError(found);
  const about = { format: String(format), version, known: String(documentFormat) };
  const newer = words(found.length === 0 ? 'mistake/site.newer-known' : 'mistake/site.newer', about);
  throw configError([placed(file, { line: 1, column: 1 }, newer), ...found]);
}

/** The format that a text says of itself; undefined: none, or the text is no YAML. */
function formatOf(text: string): number | undefined {
  const document = parseDocument(text);
  const format: unknown = isMap(document.contents) ? document.contents.get('format') : undefined;
  return typeof format === 'number' ? format : undefined;
}

function textOf(file: string): string {
  try {
    return readWholeSync(file);
  } catch {
    // the problems say why it cannot be read
    return '';
  }
}

/** The schema has checked ids and shapes: the brands follow from it. */
function siteOf({ value, text, file }: LoadedYaml<Static<typeof wholeSiteSchema>>): Site {
  const { site, devices, bridges, consumers = [], cameras = [], rules = [], actions } = value;
  return {
    id: site.id as SiteId,
    name: site.name ?? site.id,
    timezone: site.timezone,
    ...(site.language === undefined ? {} : { language: site.language }),
    ...(site.place === undefined ? {} : { place: site.place }),
    ...(site.local_only === undefined ? {} : { localOnly: site.local_only }),
    devices: devices as unknown as readonly DeviceConfig[],
    ...(bridges === undefined ? {} : { bridges: bridges as unknown as readonly BridgeConfig[] }),
    consumers,
    cameras: cameras.map((camera) => withCa(camera, file)) as unknown as readonly CameraConfig[],
    rules: [...rules, ...standardRules(cameras, rules)] as unknown as readonly RuleConfig[],
    ...(actions === undefined ? {} : { actions }),
    revision: createHash('sha256').update(text).digest('hex'),
  };
}

/** Resolves the path of a camera's CA relative to the site's file. */
function withCa<C extends { ca?: string }>(camera: C, siteFile: string): C {
  return camera.ca === undefined ? camera : { ...camera, ca: resolve(dirname(siteFile), camera.ca) };
}

/** The rules that a site gets where its file has no rule of their kinds. */
function standardRules(cameras: readonly { id: string }[], rules: readonly { kind: string }[]): readonly object[] {
  return ruleKinds
    .filter(({ kind }) => !rules.some((rule) => rule.kind === kind))
    .flatMap(({ standard }) => standard?.(cameras) ?? []);
}
