/** `npm run check`: types, lint, layers and the demo's configuration files, without tests. Ends with 1 when a step fails. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';
import { requireNode } from '@forpost/shared/node-version.ts';
import { loadCloud } from '../cloud/config/load.ts';
import { judge } from '../edge/config/judge.ts';
import { parseOptions } from './demo/options.ts';
import { ensureSecrets, readCredentials, sha256 } from './demo/secrets.ts';
import { credentialsFile, prepareSettings } from './demo/settings.ts';
import { layers, lint, run, types } from './test/steps.ts';

requireNode();
const results = [await run(types()), await run(lint()), await run(layers()), await configuration()];
const failed = results.filter((good) => !good).length;
process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`);
process.exit(failed > 0 ? 1 : 0);

/** Checks the configuration with passwords made for this run; a running demo keeps its own. */
async function configuration(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-check-'));
  try {
    const options = parseOptions([], {});
    const known = await readCredentials(credentialsFile(folder));
    const settings = await prepareSettings(options, sha256(known.token), folder);
    await ensureSecrets(known, settings, settings);
    const { problems } = await judge(settings.gatewayFile);
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    loadCloud(settings.cloudFile);
    process.stdout.write(`demo configuration: ${problems.length === 0 ? 'good' : 'FAILED'}\n`);
    return problems.length === 0;
  } catch (error) {
    process.stdout.write(`demo configuration: FAILED\n${messageOf(error)}\n`);
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
