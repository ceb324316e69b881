// Gives each thread of a process Forpost's prepared code (stripped.mjs) for the .ts files that it imports.
// Loaded by `--import` in NODE_OPTIONS, which every thread and every Node that is started from here inherits.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { stripped } from './stripped.mjs';

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
    const source = stripped(readFileSync(fileURLToPath(url), 'utf8'));
    return source === undefined ? nextLoad(url, context) : { format: 'module', source, shortCircuit: true };
  },
});
