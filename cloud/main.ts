/**
 * The command line of the centre: `forpost cloud --config FILE`, `forpost cloud topics --config FILE`.
 *
 * Always: what a person did wrong is told in plain lines and ends with status 1; one JSON line {"ready": …} on standard
 * output when everything is up; the first log-in is printed once, at the very first start.
 */
import { requireNode } from '@forpost/shared/node-version.ts';
import { explain, stopWithParent } from '@forpost/shared/run.ts';
import { Command } from 'commander';

requireNode();

const program = new Command('forpost cloud')
  .description('run the centre: ingest, history, notifications, API and page')
  .requiredOption('-c, --config <file>', 'the centre’s file: cloud.yaml')
  .showHelpAfterError('(forpost cloud --help tells how)')
  .action(async (options: { config: string }) => {
    stopWithParent();
    const { runService } = await import('./service.ts');
    await runService(options.config);
  });

program
  .command('topics')
  .description('create the topics that Kafka lacks, and end: what the centre does at its start')
  .action(async (_, command: Command) => {
    // the program's own option, wherever it stands
    const options = command.optsWithGlobals<{ config: string }>();
    const { createTopics } = await import('./ingest/create-topics.ts');
    for (const line of await createTopics(options.config)) process.stdout.write(`${line}\n`);
  });

try {
  // `forpost cloud …` comes with the word itself, a start of this file without it
  const words = process.argv.slice(2);
  await program.parseAsync(words[0] === 'cloud' ? words.slice(1) : words, { from: 'user' });
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}
