#!/usr/bin/env node
// node make-site.mjs: writes site.yaml of site.template.yaml and meters.csv (id,name,decoder,topic,place; no commas
// within a field; an empty topic: the id). Run it again after each change of the list. It changes no password.
import { readFileSync, writeFileSync } from 'node:fs';

const here = (name) => new URL(name, import.meta.url);
const [head, ...lines] = readFileSync(here('meters.csv'), 'utf8').trim().split(/\r?\n/);
if (head !== 'id,name,decoder,topic,place')
  throw new Error('meters.csv: the first line must be id,name,decoder,topic,place');

const quoted = (text) => (/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u.test(text) ? text : JSON.stringify(text));
const devices = lines.map((line) => {
  const [id, name, decoder, topic, place] = line.split(',');
  const keys = { id, name, decoder, ...(topic === '' ? {} : { topic }), place };
  const written = Object.entries(keys).map(([key, value]) => `${key}: ${quoted(value)}`);
  return `  - { ${written.join(', ')} }`;
});

const template = readFileSync(here('site.template.yaml'), 'utf8');
writeFileSync(
  here('site.yaml'),
  template.replace('  # METERS\n', () => `${devices.join('\n')}\n`),
);
process.stdout.write(`site.yaml has ${devices.length} meters\n`);
