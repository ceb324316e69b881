/** Loaded before everything else (--import): changes the one line of the mistake that FORPOST_TEST_MISTAKE names. */
import { registerHooks } from 'node:module';
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
    const loaded = next(at, context);
    if (at !== url) return loaded;
    const source = String(loaded.source);
    if (source.split(right).length !== 2) throw new Error(`${file} has not once: ${right}`);
    return { ...loaded, source: source.replace(right, () => wrong) };
  },
});
