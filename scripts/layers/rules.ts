/**
 * Which code may import which: the layers of Forpost, checked by `npm run check` and `npm test`.
 *
 * Always: `edge/`, `cloud/` and their tools meet in `shared/` alone; no import closes a circle; a library that stands for
 * a seam (MQTT, Kafka, SQLite, ClickHouse, ONNX) is imported in the folder of that seam alone; product code imports
 * neither tests nor scripts.
 */

import type { ICruiseOptions, IForbiddenRuleType } from 'dependency-cruiser';

/** A rule of dependency-cruiser that says why it is there. */
export type LayerRule = IForbiddenRuleType & { readonly name: string; readonly comment: string };

/** Only the folders in `within` import the package `name`. */
const confined = (name: string, within: readonly string[]): LayerRule => ({
  name: `${name}-in-one-place`,
  comment: `${name} is imported in ${within.join(', ')} alone, so that another library can take its place there.`,
  severity: 'error',
  from: { path: '^(edge|cloud|shared)/', pathNot: [...within.map((folder) => `^${folder}/`), ...ofTests] },
  to: { path: `(^|/)node_modules/${name}/` },
});

/** Helpers of tests beside the code that they help to test. */
const ofTests = ['/testing/', String.raw`\.fake\.ts$`, String.raw`/test-support\.ts$`, String.raw`/testing\.ts$`];

/**
 * Floors of the programs, from the ground up: a folder or a file imports those of the floors below it, and neither those
 * above nor its neighbours. What is not listed here is forbidden too.
 */
export const floors: Readonly<Record<'edge' | 'cloud', readonly (readonly string[])[]>> = {
  edge: [
    ['site', 'mqtt-state'],
    ['outbox'],
    ['broker', 'clock', 'vision'],
    ['devices'],
    ['rules'],
    ['alerts'],
    ['commands'],
    ['uplink'],
    ['evidence'],
    ['pipeline'],
    ['health'],
    ['console'],
    ['config'],
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
        comment: 'Code imports what stands on the floors below it; rules.ts lists the floors.',
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
    comment: 'Files of a circle can only be understood together. Put what both need into a file of its own.',
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
    comment: 'The gateway and the centre are two programs. What both need stands in shared/.',
    severity: 'error',
    from: { path: '^edge/' },
    to: { path: '^cloud/' },
  },
  {
    name: 'cloud-knows-no-edge',
    comment: 'The gateway and the centre are two programs. What both need stands in shared/.',
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
      "The browser's code takes types of the centre and no code: the server's code would be sent to each browser.",
    severity: 'error',
    from: { path: '^cloud/web/src/', pathNot: ofTests },
    to: { path: '^cloud/', pathNot: ['^cloud/web/', ...ofTests], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'product-knows-no-tools',
    comment: 'What a gateway or a centre runs needs no test and no script of the checkout.',
    severity: 'error',
    from: { path: '^(edge|cloud|shared)/', pathNot: ofTests },
    to: { path: ['^(test|scripts)/', ...ofTests] },
  },
  ...keepsItsFloor,
  confined('kafkajs', ['edge/uplink/sinks', 'cloud/kafka', 'shared/kafka']),
  confined('better-sqlite3', ['edge/outbox/sqlite']),
  confined('chdb', ['cloud/history/clickhouse']),
  confined('onnxruntime-node', ['edge/vision/process/detectors']),
  confined('ws', ['edge/broker']),
  confined('sharp', ['edge/vision/process']),
  confined('re2js', ['edge/rules']),
  confined('@marcbachmann/cel-js', ['edge/rules']),
];

export const options = {
  // TypeScript 7 has no programming interface; of the parsers left, swc's knows imports of types
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
