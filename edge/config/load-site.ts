/**
 * Reads the site (site.yaml) and its secrets (secrets.yaml), and makes the checks that a schema cannot express: names
 * that do not exist, conditions that are not CEL, zones without an area, passwords in the wrong place.
 *
 * Always: the problems of both files are reported together, each with its line; no message shows a secret.
 */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { configError, configProblems, type LoadedYaml, loadYaml, parseYaml } from '@forpost/shared/config/yaml.ts';
import type { SiteId } from '@forpost/shared/event/ids.ts';
import type { Static } from 'typebox';
import { ruleKinds } from '../rules/kinds/registry.ts';
import type { CameraConfig, DeviceConfig, RuleConfig, Secrets, Site } from '../site/site.ts';
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
}

/**
 * `siteText`: taken instead of the text of the site's file.
 * @throws ForpostError FORPOST_CONFIG_INVALID, one line a problem of either file
 */
export function loadSite(siteFile: string, secretsFile: string, siteText?: string): LoadedSite {
  const problems: string[] = [];
  const attempt = <T>(load: () => LoadedYaml<T>): LoadedYaml<T> | undefined => {
    try {
      return load();
    } catch (error) {
      const found = configProblems(error);
      if (found === undefined) throw error;
      problems.push(...found);
      return undefined;
    }
  };
  const siteYaml = attempt(() =>
    siteText === undefined ? loadYaml(siteFile, wholeSiteSchema) : parseYaml(siteFile, siteText, wholeSiteSchema),
  );
  const secretsYaml = attempt(() => loadYaml(secretsFile, wholeSecretsSchema, { secret: true }));
  const tell = (yaml: LoadedYaml<unknown>, found: readonly Located[]) => {
    for (const { offset, ...problem } of found) problems.push(yaml.describe(problem, offset));
  };

  const site = siteYaml === undefined ? undefined : siteOf(siteYaml);
  if (site !== undefined && siteYaml !== undefined) tell(siteYaml, checkSite(site));
  if (site !== undefined && siteYaml !== undefined && secretsYaml !== undefined) {
    const { ofSite, ofSecrets } = checkSecrets(site, secretsYaml.value, secretsFile);
    tell(siteYaml, ofSite);
    tell(secretsYaml, ofSecrets);
  }
  if (problems.length > 0 || site === undefined || siteYaml === undefined || secretsYaml === undefined)
    throw configError(problems);
  return { site, secrets: secretsYaml.value, siteYaml, secretsYaml };
}

/** The schema has checked ids and shapes: the brands follow from it. */
function siteOf({ value, text, file }: LoadedYaml<Static<typeof wholeSiteSchema>>): Site {
  const { site, devices, consumers = [], cameras = [], rules = [] } = value;
  return {
    id: site.id as SiteId,
    name: site.name ?? site.id,
    timezone: site.timezone,
    ...(site.language === undefined ? {} : { language: site.language }),
    ...(site.place === undefined ? {} : { place: site.place }),
    devices: devices as unknown as readonly DeviceConfig[],
    consumers,
    cameras: cameras.map((camera) => withCa(camera, file)) as unknown as readonly CameraConfig[],
    rules: [...rules, ...standardRules(cameras, rules)] as unknown as readonly RuleConfig[],
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
