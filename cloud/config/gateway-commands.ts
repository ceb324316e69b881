/** `forpost cloud gateway token|refuse|allow|remove|list`: which gateways may use the receiver. A running centre hears of it. */
import { join } from 'node:path';
import type { Command } from 'commander';

interface Config {
  readonly config: string;
}

/** Adds the commands to `forpost cloud`. */
export function addGatewayCommands(program: Command): void {
  const gateway = program
    .command('gateway')
    .description('which gateways may send to the receiver, and by which tokens');
  const command = (name: string, words: string) =>
    gateway.command(name).description(words).requiredOption('-c, --config <file>', 'the centre’s file: cloud.yaml');
  const change = (name: string, words: string, work: (file: string, id: string) => Promise<string>) =>
    command(name, words)
      .argument('<id>', 'the gateway’s id, as its gateway.yaml names it')
      .action(async (id: string, { config }: Config) => {
        process.stdout.write(`${await work(config, id)}\n${await countsFrom(config)}\n`);
      });

  change(
    'token',
    'give a gateway a new token; it is shown once, and the one before counts no longer',
    async (file, id) => {
      const { giveToken } = await import('./edit-gateways.ts');
      return `${id}: ${giveToken(file, id)}\nIt is shown only now: write it into the gateway’s secrets.yaml.`;
    },
  );
  change('refuse', 'lock a stolen gateway out: neither token nor certificate lets it in', async (file, id) => {
    const { refuseGateway } = await import('./edit-gateways.ts');
    refuseGateway(file, id, true);
    return `${id} is locked out`;
  });
  change('allow', 'let a gateway that was locked out in again', async (file, id) => {
    const { refuseGateway } = await import('./edit-gateways.ts');
    refuseGateway(file, id, false);
    return `${id} may come in again`;
  });
  change('remove', 'forget a gateway’s token and limits', async (file, id) => {
    const { removeGateway } = await import('./edit-gateways.ts');
    removeGateway(file, id);
    return `${id} is removed`;
  });
  command('list', 'list the gateways that stand in the file').action(async ({ config }: Config) => {
    const { listGateways } = await import('./edit-gateways.ts');
    for (const [id, { refused, token_sha256: token }] of Object.entries(listGateways(config)))
      process.stdout.write(`${id}\t${refused === true ? 'locked out' : token === undefined ? 'no token' : 'token'}\n`);
  });
}

/** Tells a centre that runs on this machine to read its file again. */
async function countsFrom(config: string): Promise<string> {
  const [{ loadCloud }, { lockHolder }] = await Promise.all([
    import('./load.ts'),
    import('../data-folder/lock-holder.ts'),
  ]);
  const holder = await lockHolder(join(loadCloud(config).data, 'centre.lock'));
  // 0 and below would mean other processes
  if (holder === undefined || !(Number(holder) > 1))
    return 'It counts from the centre’s next start; one on another machine reads its file again on SIGHUP.';
  try {
    process.kill(Number(holder), 'SIGHUP');
    return `The centre (process ${holder}) reads its file again: it counts now.`;
  } catch {
    return `The centre (process ${holder}) is another user’s: it counts once that gets SIGHUP (systemctl reload).`;
  }
}
