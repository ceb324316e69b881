/**
 * The layers of Forpost: which code may import which. `npm run check` and `npm test` check them.
 *
 * Always: `edge/`, `cloud/` and their tools meet in `shared/` alone; no import closes a circle; a library that stands for
 * a seam (MQTT, Kafka, SQLite, ClickHouse, ONNX) is imported in the folder of that seam alone; product code imports
 * neither tests nor scripts.
 */

import type { ICruiseOptions, IForbiddenRuleType } from 'dependency-cruiser';

/** A rule of dependency-cruiser with its reason. */
export type LayerRule = IForbiddenRuleType & { readonly name: string; readonly comment: string };

/** Only the folders in `within` import the package `name`. */
const confined = (name: string, within: readonly string[]): LayerRule => ({
  name: `${name}-in-one-place`,
  comment: `${name} is imported in ${within.join(', ')} alone, so that another library can take its place there.`,
  severity: 'error',
  from: { path: '^(edge|cloud|shared)/', pathNot: [...within.map((folder) => `^${folder}/`), ...ofTests] },
  to: { path: `(^|/)node_modules/${name}/` },
});

/** Helpers of tests that stand beside the tested code. */
const ofTests = ['/testing/', String.raw`\.fake\.ts$`, String.raw`/test-support\.ts$`, String.raw`/testing\.ts$`];

/**
 * Floors of the programs, from the ground up: a folder or a file imports from lower floors only, neither from higher ones
 * nor from its neighbours. The check refuses folders that this list lacks.
 */
export const floors: Readonly<Record<'edge' | 'cloud', readonly (readonly string[])[]>> = {
  edge: [
    ['site', 'mqtt-state', 'certificates'],
    ['outbox'],
    ['broker', 'clock', 'vision'],
    ['devices', 'cameras'],
    ['rules'],
    ['alerts'],
    ['commands'],
    ['uplink'],
    ['evidence'],
    ['pipeline'],
    ['health'],
    ['console'],
    ['config'],
    ['backup'],
    ['replay'],
    ['composition'],
    ['gateway.ts'],
    ['cli'],
    ['main.ts'],
  ],
  cloud: [
    ['access', 'data-folder', 'kafka'],
    ['history', 'notify', 'operations', 'registry'],
    ['config'],
    ['api'],
    ['gateways'],
    ['commands', 'events', 'language', 'ledger', 'series', 'sites'],
    ['evidence', 'ingest'],
    ['alarms', 'receiver'],
    ['health'],
    ['live'],
    ['jobs', 'capabilities.ts'],
    ['composition.ts'],
    ['service.ts'],
    ['cli'],
    ['main.ts'],
  ],
};

const pathOf = (side: string, name: string) =>
  `^${side}/${name.endsWith('.ts') ? name.replace('.', '[.]') : `${name}/`}`;

const keepsItsFloor = Object.entries(floors).flatMap(([side, ofSide]) =>
  ofSide.flatMap((floor, height) =>
    floor.map((name): LayerRule => {
      const below = [name, ...ofSide.slice(0, height).flat()];
      return {
        name: 'no-arrow-upwards',
        comment: 'Code may import from lower floors only; rules.ts lists the floors.',
        severity: 'error',
        from: { path: pathOf(side, name), pathNot: ofTests },
        to: { path: `^${side}/`, pathNot: [...below.map((lower) => pathOf(side, lower)), ...ofTests] },
      };
    }),
  ),
);

export const forbidden: readonly LayerRule[] = [
  {
    name: 'no-circle',
    comment: 'Files of a circle can only be understood together. Move the shared code to a file of its own.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'resolved',
    comment: 'An import names a file that exists or a package that package.json lists.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'edge-knows-no-cloud',
    comment: 'The gateway and the centre are two programs. Code for both belongs in shared/.',
    severity: 'error',
    from: { path: '^edge/' },
    to: { path: '^cloud/' },
  },
  {
    name: 'cloud-knows-no-edge',
    comment: 'The gateway and the centre are two programs. Code for both belongs in shared/.',
    severity: 'error',
    from: { path: '^cloud/' },
    to: { path: '^edge/' },
  },
  {
    name: 'shared-is-the-ground',
    comment: 'shared/ knows neither program.',
    severity: 'error',
    from: { path: '^shared/' },
    to: { path: '^(edge|cloud)/' },
  },
  {
    name: 'page-takes-types-alone',
    comment:
      "The browser's code imports types of the centre but no code: each browser would download the server's code.",
    severity: 'error',
    from: { path: '^cloud/web/src/', pathNot: ofTests },
    to: { path: '^cloud/', pathNot: ['^cloud/web/', ...ofTests], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'product-knows-no-tools',
    comment: 'A running gateway or centre must not need tests or scripts of the checkout.',
    severity: 'error',
    from: { path: '^(edge|cloud|shared)/', pathNot: ofTests },
    to: { path: ['^(test|scripts)/', ...ofTests] },
  },
  ...keepsItsFloor,
  confined('kafkajs', ['edge/uplink/sinks', 'cloud/kafka', 'shared/kafka']),
  confined('better-sqlite3', ['edge/outbox/sqlite']),
  confined('chdb', ['cloud/history/clickhouse']),
  confined('onvif', ['edge/cameras/process']),
  confined('pkijs', ['edge/certificates/thread']),
  confined('asn1js', ['edge/certificates/thread']),
  confined('onnxruntime-node', ['edge/vision/process/detectors']),
  confined('ws', ['edge/broker']),
  confined('sharp', ['edge/vision/process']),
  confined('re2js', ['edge/rules']),
  confined('@marcbachmann/cel-js', ['edge/rules']),
];

export const options = {
  // TypeScript 7 has no programming interface; of the other parsers only swc sees imports of types
  parser: 'swc',
  tsPreCompilationDeps: true,
  doNotFollow: { path: 'node_modules' },
  exclude: { path: [String.raw`\.test\.(ts|tsx|mjs)$`, '/dist/'] },
  enhancedResolveOptions: {
    exportsFields: ['exports'],
    conditionNames: ['import', 'node', 'default', 'types'],
    extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
  },
} satisfies ICruiseOptions & { readonly enhancedResolveOptions: object };
