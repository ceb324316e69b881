// Gives each thread of a process Forpost's prepared code (stripped.mjs) for its .ts files. NODE_OPTIONS loads this file
// by `--import`; every thread and every child Node inherits that.
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
