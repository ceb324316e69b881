/** The statements, each from its file in sql/, read once. Values come in as parameters, never by editing the text. */
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
  metrics: read('metrics'),
  lanes: read('lanes'),
  received: read('received'),
  stored: read('stored'),
  rows: read('rows'),
  gaps: read('gaps'),
} as const;

/** In order; the first one is version 1. Each is one statement that may run twice. What is out is never edited. */
export const migrations: readonly string[] = [read('migrations/0001-events')];
