/**
 * The command line of the centre: `forpost cloud --config FILE`, `forpost cloud topics --config FILE`, `forpost cloud
 * key --config FILE`.
 *
 * Always: what a person did wrong is told in plain lines and ends with status 1; one JSON line {"ready": …} on standard
 * output when everything is up; the first log-in is printed once, at the very first start.
 */
import { requireNode } from '@forpost/shared/node-version.ts';
import { explain, stopWithParent } from '@forpost/shared/run.ts';
import { Command } from 'commander';

requireNode();

const program = new Command('forpost cloud').showHelpAfterError('(forpost cloud --help tells how)');
program
  .command('run', { isDefault: true })
  .description('run the centre: ingest, history, notifications, API and page')
  .requiredOption('-c, --config <file>', 'the centre’s file: cloud.yaml')
  .action(async (options: { config: string }) => {
    stopWithParent();
    const { runService } = await import('./service.ts');
    await runService(options.config);
  });

program
  .command('topics')
  .description('create the topics that Kafka lacks, and end: what the centre does at its start')
  .requiredOption('-c, --config <file>', 'the centre’s file: cloud.yaml')
  .action(async (options: { config: string }) => {
    const { createTopics } = await import('./ingest/create-topics.ts');
    for (const line of await createTopics(options.config)) process.stdout.write(`${line}\n`);
  });

program
  .command('key')
  .description('print the public key that gateways must trust to take commands; it is made where there is none')
  .requiredOption('-c, --config <file>', 'the centre’s file: cloud.yaml')
  .action(async (options: { config: string }) => {
    const [{ loadCloud }, { keyFileOf, signingKey }] = await Promise.all([
      import('./config/load.ts'),
      import('./commands/key.ts'),
    ]);
    const { publicKey } = await signingKey(keyFileOf(loadCloud(options.config)));
    process.stdout.write(`${publicKey.text}\n`);
  });

try {
  // `forpost cloud …` comes with the word itself, a start of this file without it
  const words = process.argv.slice(2);
  await program.parseAsync(words[0] === 'cloud' ? words.slice(1) : words, { from: 'user' });
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}
