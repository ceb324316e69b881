/** The statements, each read once from its file in sql/. Values come in as parameters, never by editing the text. */
import { readFileSync } from 'node:fs';

function read(name: string): string {
  return readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8');
}

export const sql = {
  schemaTable: read('schema-table'),
  schemaVersion: read('schema-version'),
  events: read('events'),
  series: read('series'),
  alarms: read('alarms'),
  alarmStates: read('alarm-states'),
  alarmStatesFill: read('alarm-states-fill'),
  alarmStatesVersion: read('alarm-states-version'),
  lanes: read('lanes'),
  numbers: read('numbers'),
  ranges: read('ranges'),
  stored: read('stored'),
  rows: read('rows'),
  gapRecords: read('gap-records'),
  rowCounts: read('row-counts'),
  laneEnds: read('lane-ends'),
  rebuildGateways: read('rebuild-gateways'),
  rebuildChunks: read('rebuild-chunks'),
  rebuildKeep: read('rebuild-keep'),
  rebuildCounts: read('rebuild-counts'),
  brokenParts: read('broken-parts'),
} as const;

/** In order; the first one is version 1. Each is one statement that may run twice. A released migration is never edited. */
export const migrations: readonly string[] = [
  '0001-events',
  '0002-clocks',
  '0003-known-clocks',
  '0004-fill-clocks',
  '0005-indexes',
  '0006-charts',
  '0007-drop-readings',
  '0008-materialize',
  '0009-lane-ends',
  '0010-urgency',
  '0011-acknowledgements',
  '0012-materialize-urgency',
  '0013-acknowledged-ids',
].map((name) => read(`migrations/${name}`));
