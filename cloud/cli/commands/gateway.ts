/** `forpost cloud gateway …`: edits the gateways that may use the receiver; a running centre reads the file again. */
import { join } from 'node:path';
import { type CommandRow, command } from '@forpost/shared/cli/command.ts';
import { type ConfigOption, configOption } from '../options.ts';

/** A command that changes one gateway in cloud.yaml; `work` returns the line to print. */
function change(name: string, summary: string, work: (file: string, id: string) => Promise<string>): CommandRow {
  return command<ConfigOption>({
    name: `gateway ${name}`,
    summary,
    arguments: [{ name: '<id>', summary: 'id of the gateway, as its gateway.yaml names it' }],
    options: [configOption],
    async run({ config }, id) {
      process.stdout.write(`${await work(config, id)}\n${await countsFrom(config)}\n`);
    },
  });
}

export const gatewayToken = change(
  'token',
  'give a gateway a new token, which is printed once; the former token is no longer valid',
  async (file, id) => {
    const { giveToken } = await import('../../config/edit-gateways.ts');
    return `${id}: ${giveToken(file, id)}\nIt is shown only now: write it into the gateway’s secrets.yaml.`;
  },
);

export const gatewayRefuse = change(
  'refuse',
  'lock a stolen gateway out: neither token nor certificate lets it in',
  async (file, id) => {
    const { refuseGateway } = await import('../../config/edit-gateways.ts');
    refuseGateway(file, id, true);
    return `${id} is locked out`;
  },
);

export const gatewayAllow = change('allow', 'let a gateway in again that was locked out', async (file, id) => {
  const { refuseGateway } = await import('../../config/edit-gateways.ts');
  refuseGateway(file, id, false);
  return `${id} may come in again`;
});

export const gatewayRemove = change('remove', 'forget a gateway’s token and limits', async (file, id) => {
  const { removeGateway } = await import('../../config/edit-gateways.ts');
  removeGateway(file, id);
  return `${id} is removed`;
});

export const gatewayList = command<ConfigOption>({
  name: 'gateway list',
  summary: 'list the gateways that stand in the file',
  options: [configOption],
  async run({ config }) {
    const { listGateways } = await import('../../config/edit-gateways.ts');
    for (const [id, { refused, token_sha256: token }] of Object.entries(listGateways(config)))
      process.stdout.write(`${id}\t${refused === true ? 'locked out' : token === undefined ? 'no token' : 'token'}\n`);
  },
});

/** Sends SIGHUP to a centre on this machine, so that it reads its file again; returns a line that says so. */
async function countsFrom(config: string): Promise<string> {
  const [{ loadCloud }, { lockHolder }] = await Promise.all([
    import('../../config/load.ts'),
    import('../../data-folder/lock-holder.ts'),
  ]);
  const holder = await lockHolder(join(loadCloud(config).data, 'centre.lock'));
  // kill with a number below 1 would signal groups of processes
  if (holder === undefined || !(Number(holder) > 1))
    return 'The change counts from the centre’s next start. A centre on another machine reads its file again on SIGHUP.';
  try {
    process.kill(Number(holder), 'SIGHUP');
    return `The centre (process ${holder}) reads its file again: the change counts now.`;
  } catch {
    return `The centre (process ${holder}) belongs to another user: the change counts after SIGHUP (systemctl reload).`;
  }
}
