/** The pages of the configuration files: gateway.yaml, site.yaml, cloud.yaml, and the secrets of both sides. */
import Type from 'typebox';
import { cloudSchema } from '../../cloud/config/config.ts';
import { anyAction } from '../../edge/alerts/actions/kinds.ts';
import { wholeSiteSchema } from '../../edge/config/device-schema.ts';
import { installationSchema } from '../../edge/config/installation.ts';
import { wholeSecretsSchema } from '../../edge/config/sink-schemas.ts';
import { decoders } from '../../edge/devices/decoders/registry.ts';
import { roles } from '../../edge/devices/roles/registry.ts';
import { conditionVariables } from '../../edge/rules/cel.ts';
import { ruleKind, ruleKinds } from '../../edge/rules/kinds/registry.ts';
import { anyRule } from '../../edge/rules/rule-schemas.ts';
import { actionBase, ruleBase } from '../../edge/site/site.ts';
import { code, madeBy, sentence, table, words } from './markdown.ts';
import { cellsOf, type KeyRow, type KindSection, keyHead, rowsOf } from './schema-rows.ts';

export function gatewayYamlPage(): string {
  const { rows, kinds } = rowsOf(installationSchema);
  return page('gateway.yaml', [
    'What belongs to one box and not to its site: ports, paths, the uplink. Paths are relative to the file. `forpost check gateway.yaml` checks it with the two files that it names; `forpost schema gateway` prints its JSON Schema, which editors use.',
    ...bySections(rows),
    ...kindSections('Uplinks', 'Each entry of `uplink` is of one kind.', kinds),
  ]);
}

export function siteYamlPage(): string {
  const { rules, actions, ...others } = wholeSiteSchema.properties;
  const site = {
    ...wholeSiteSchema,
    properties: {
      ...others,
      rules: { ...rules, items: anyRule() },
      actions: { ...actions, items: anyAction() },
    },
  };
  const { rows, kinds } = rowsOf(site);
  const own = (path: string, base: object, about: (kind: string) => string) => {
    const ofAll = new Set(Object.keys(base).map(code));
    return kinds
      .filter((section) => section.path === path)
      .map((section) => ({
        ...section,
        about: `${sentence(section.about)} ${about(section.kind)}`.trim(),
        rows: section.rows.filter(({ key }) => !ofAll.has(key)),
      }));
  };
  return page('site.yaml', [
    'The site: devices, consumers, cameras, rules, actions. It outlives the box, and backup and restore carry it. `forpost schema site` prints its JSON Schema, which editors use.',
    ...bySections(rows),
    ...kindSections(
      'Rules',
      `Each entry of \`rules\` is of one kind, and has the keys of that kind beside these:\n\n${keyTable(rowsOf(Type.Object(ruleBase)).rows)}`,
      own('rules[]', ruleBase, ofKind),
    ),
    ...kindSections(
      'Actions',
      `Each entry of \`actions\` is of one kind, and has the keys of that kind beside these:\n\n${keyTable(rowsOf(Type.Object(actionBase)).rows)}`,
      own('actions[]', actionBase, () => ''),
    ),
    conditions(),
    decoderSection(),
    roleSection(),
  ]);
}

export function cloudYamlPage(): string {
  const { rows, kinds } = rowsOf(cloudSchema);
  return page('cloud.yaml', [
    'The centre: its page, Kafka, the history, the receiver, the channels that notify people. Paths are relative to the file. `forpost check cloud.yaml` checks it, `forpost schema cloud` prints its JSON Schema, which editors use.',
    ...bySections(rows),
    ...kindSections('Channels', 'Each entry of `notify` is of one kind.', kinds),
  ]);
}

/** The rule kind's properties that are no keys: its category, and the placeholders of its message. */
function ofKind(name: string): string {
  const { category = '', placeholders = [] } = ruleKind(name) ?? {};
  const braces = placeholders.map((word) => code(`{${word}}`)).join(', ');
  return `Its category is ${code(category)}${braces === '' ? '' : `; its \`message\` may have ${braces}`}.`;
}

/** Matches the keys of cloud.yaml that hold a secret or its hash, or name a file with a secret. */
const secretKey = /(^|\.)(key|key_file|password_file|metrics_token_file|token_sha256)$/;

export function secretsPage(): string {
  const ofCentre = rowsOf(cloudSchema).rows.filter(({ key }) => secretKey.test(key.replaceAll('`', '')));
  return page('Secrets', [
    'No secret stands in `gateway.yaml` or `site.yaml`. An address in `cloud.yaml` (`history.url`, `notify[].url`) may carry a user and a password: then only the centre’s user may read the file.',
    '## The gateway: secrets.yaml',
    '`secrets_file` of `gateway.yaml` names it. Only its owner may read it (0600). `forpost init` makes it, `forpost devices password` writes into it, `forpost schema secrets` prints its JSON Schema.',
    keyTable(rowsOf(wholeSecretsSchema).rows),
    '## The centre',
    'The centre keeps its users with the hashes of their passwords in `users.json` of its data folder: `forpost cloud user add NAME --config cloud.yaml` changes them. These keys of `cloud.yaml` name a file with a secret, or are the hash of one:',
    keyTable(ofCentre),
  ]);
}

function page(title: string, parts: readonly string[]): string {
  return `# ${title}\n${[madeBy, ...parts].join('\n\n')}\n`;
}

/** One table for each map or list of the first level; the plain keys come first. */
function bySections(rows: readonly KeyRow[]): readonly string[] {
  const groups = Map.groupBy(rows, ({ key }) => /^`([a-z_]+)/.exec(key)?.[1] ?? '');
  const plain = [...groups.values()].filter((group) => group.length === 1).flat();
  const sections = [...groups].filter(([, group]) => group.length > 1);
  return [
    ...(plain.length === 0 ? [] : [keyTable(plain)]),
    ...sections.map(([name, [self, ...below]]) =>
      [`## ${name}`, sentence(self?.meaning ?? ''), keyTable(below)].join('\n\n'),
    ),
  ];
}

function kindSections(title: string, about: string, kinds: readonly KindSection[]): readonly string[] {
  if (kinds.length === 0) return [];
  return [
    `## ${title}\n\n${about}`,
    ...kinds.map(({ kind, about: what, rows }) =>
      [`### kind: ${kind}`, ...(what === '' ? [] : [sentence(what)]), keyTable(rows)].join('\n\n'),
    ),
  ];
}

function keyTable(rows: readonly KeyRow[]): string {
  return table(keyHead, rows.map(cellsOf));
}

function conditions(): string {
  const rows = Object.entries(conditionVariables).map(([subject, variables]) => [
    ruleKinds
      .filter(({ conditionOn }) => conditionOn === subject)
      .map(({ kind }) => code(kind))
      .join(', '),
    Object.entries(variables)
      .map(([name, type]) => `${code(name)} ${words(type)}`)
      .join(', '),
  ]);
  return [
    '## Conditions (`when`)',
    'A condition is an expression in CEL. It is checked and typed when the file is read; it may use these variables. `hour`, `minute` and `weekday` (1 is Monday) are of the site’s time zone; `width` and `height` are parts of the picture.',
    table(['rules', 'variables'], rows),
  ].join('\n\n');
}

function decoderSection(): string {
  const device = { id: 'ID' } as Parameters<(typeof decoders)[number]['publishFilters']>[0];
  const rows = decoders.map((decoder) => [
    code(decoder.name),
    decoder
      .publishFilters({ ...device, decoder: decoder.name })
      .map(code)
      .join('<br>'),
    decoder.bridge === 'only' ? 'bridges' : decoder.bridge === 'also' ? 'devices, bridges' : 'devices',
  ]);
  return [
    '## Decoders',
    'What a device or bridge may speak (`decoder`), and the topics of its readings where `topic` is `ID`. [Devices and their messages](devices.md) shows messages of each, [MQTT topics](mqtt-topics.md) all topics.',
    table(['decoder', 'topics of readings', 'who speaks so'], rows),
  ].join('\n\n');
}

function roleSection(): string {
  const rows = roles.map(({ name, hasBase, commands }) => [
    code(name),
    hasBase ? 'yes' : 'no',
    commands ? 'to every device, and to the consumers that take some' : 'no',
  ]);
  return [
    '## Roles',
    'What a consumer may be (`role`); the topics of each role stand in [MQTT topics](mqtt-topics.md).',
    table(['role', 'has a `base_topic`', 'gives commands'], rows),
  ].join('\n\n');
}
