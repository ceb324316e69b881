/**
 * The command line of the centre: `forpost cloud --config FILE`,
 * `forpost cloud check|topics|key|user|gateway|metrics-token|move|rebuild|replay --config FILE`.
 *
 * Always: what a person did wrong is told in plain lines and ends with status 1; one JSON line {"ready": …} on standard
 * output when everything is up; the first log-in goes to a terminal or a file of its own, at the very first start.
 */
import { requireNode } from '@forpost/shared/node-version.ts';
import { explain, stopWithParent } from '@forpost/shared/run.ts';
import { Command } from 'commander';
import { addUserCommands } from './access/user-commands.ts';
import { addGatewayCommands } from './config/gateway-commands.ts';
import type { ReplayOptions } from './jobs/replay.ts';

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
  .command('check')
  .description('say what is wrong with the file, and what would not work now; nothing is started and nobody is told')
  .argument('[file]', 'the centre’s file: cloud.yaml')
  .option('-c, --config <file>', 'the same')
  .action(async (file: string | undefined, options: { config?: string }) => {
    const { checkCloud } = await import('./config/check.ts');
    const { problems, warnings, summary } = await checkCloud(file ?? options.config ?? 'cloud.yaml');
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    for (const warning of warnings) process.stdout.write(`warning: ${warning}\n`);
    const count = problems.length;
    process.stdout.write(count === 0 ? `${summary}\n` : `${count} ${count === 1 ? 'problem' : 'problems'} found\n`);
    process.exit(count === 0 ? 0 : 1);
  });

program
  .command('topics')
  .description('create the topics that Kafka lacks, and end: what the centre does at its start')
  .requiredOption('-c, --config <file>', 'the centre’s file: cloud.yaml')
  .action(async (options: { config: string }) => {
    const { createTopics } = await import('./jobs/topics.ts');
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

program
  .command('metrics-token')
  .description('print the token that reads /metrics and nothing else; it is made where there is none')
  .requiredOption('-c, --config <file>', 'the centre’s file: cloud.yaml')
  .action(async (options: { config: string }) => {
    const [{ loadCloud }, { metricsTokenOf }] = await Promise.all([
      import('./config/load.ts'),
      import('./api/doors.ts'),
    ]);
    process.stdout.write(`${await metricsTokenOf(loadCloud(options.config)).read()}\n`);
  });

addUserCommands(program);
addGatewayCommands(program);

program
  .command('move')
  .description('say that a gateway belongs to another site from now on: it was moved, or its site was renamed')
  .requiredOption('--gateway <id>', 'which gateway')
  .requiredOption('--site <id>', 'the id of its site, as its site.yaml names it')
  .requiredOption('-c, --config <file>', 'the centre’s file: cloud.yaml')
  .action(async ({ config, gateway, site }: { config: string; gateway: string; site: string }) => {
    const { moveGateway } = await import('./jobs/move.ts');
    await moveGateway(config, gateway, site, 'command line');
    process.stdout.write(`the gateway ${gateway} belongs to the site ${site}\n`);
    process.exit(0);
  });

program
  .command('rebuild')
  .description(
    'build the history anew from what Kafka still holds; what Kafka no longer has stays. The centre must be stopped',
  )
  .requiredOption('-c, --config <file>', 'the centre’s file: cloud.yaml')
  .action(async (options: { config: string }) => {
    const { rebuild } = await import('./jobs/rebuild.ts');
    const figures = await rebuild(options.config, (line) => process.stderr.write(`${line}\n`));
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    process.exit(0);
  });

program
  .command('replay')
  .description('put events of a gateway that Kafka still holds into its topics again, marked: nobody is told anew')
  .requiredOption('--gateway <id>', 'whose events')
  .option('--lane <lane>', 'alerts or telemetry; default both')
  .option('--epoch <epoch>', 'of one life of its outbox only')
  .option('--from <number or time>', 'first number, or RFC 3339 time at which the gateway took it')
  .option('--to <number or time>', 'the last one')
  .requiredOption('-c, --config <file>', 'the centre’s file: cloud.yaml')
  .action(async ({ config, ...options }: ReplayOptions & { config: string }) => {
    const { replay } = await import('./jobs/replay.ts');
    const figures = await replay(config, options, (line) => process.stderr.write(`${line}\n`));
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    process.exit(0);
  });

try {
  // `forpost cloud …` comes with the word itself, a start of this file without it
  const words = process.argv.slice(2);
  await program.parseAsync(words[0] === 'cloud' ? words.slice(1) : words, { from: 'user' });
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}
