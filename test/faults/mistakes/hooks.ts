/** Loaded before all other code (--import): changes one line of source, for the mistake in FORPOST_TEST_MISTAKE. */
import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { pathToFileURL } from 'node:url';
import { root } from '../../harness/root.ts';
import { type Mistake, mistakes } from './mistakes.ts';

const name = process.env.FORPOST_TEST_MISTAKE ?? '';
const mistake: Mistake | undefined = Object.entries(mistakes).find(([known]) => known === name)?.[1];
if (mistake === undefined) throw new Error(`there is no known mistake "${name}"`);
const { file, right, wrong } = mistake;
const url = new URL(file, pathToFileURL(root)).href;

registerHooks({
  load(at, context, next) {
    if (at !== url) return next(at, context);
    const source = readFileSync(new URL(url), 'utf8');
    if (source.split(right).length !== 2) throw new Error(`${file} has not once: ${right}`);
    return {
      format: 'module',
      source: stripTypeScriptTypes(source.replace(right, () => wrong)),
      shortCircuit: true,
    };
  },
});
