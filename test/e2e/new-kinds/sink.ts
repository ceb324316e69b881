/** A sink kind that a test adds: a folder with one line for each event, which also holds commands. */
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '@forpost/shared/clock.ts';
import { words } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import { type SinkConfig, type SinkKind, wrongSecret } from '../../../edge/uplink/sink-kind.ts';

const schema = Type.Object({ folder: Type.String({ description: 'where the events go' }) });

type FolderConfig = SinkConfig & Type.Static<typeof schema>;

const lookAgainMs = 50;

export const added: SinkKind<FolderConfig> = {
  kind: 'folder',
  description: 'events go to files',
  about: 'an uplink to a folder',
  schema,
  secret: Type.Object(
    { key: Type.String({ minLength: 4, description: 'key of the folder' }) },
    { additionalProperties: false },
  ),
  backoff: { baseMs: 100, ceilingMs: 1_000 },
  resolved: (config, at) => ({ ...config, folder: at(config.folder) }),
  check: ({ folder }) =>
    folder.endsWith('/tmp')
      ? [{ path: ['folder'], message: words('gateway/quotation', { text: 'everybody may write to /tmp' }) }]
      : [],
  checkSecret: (_, secret, place) => wrongSecret('key', secret, place),
  summary: ({ folder }) => `the folder ${folder}`,
  async create({ folder }, { name, secret, clock }) {
    return {
      name,
      open: async () => ({
        wireBytes: 0,
        async send({ records }) {
          await appendFile(join(folder, 'events'), records.map(({ json }) => `${secret?.key} ${json}\n`).join(''));
        },
        status: async () => undefined,
        close: async () => undefined,
      }),
      commands: {
        async run(take, stopping) {
          while (!stopping.aborted) {
            const envelope = await readFile(join(folder, 'command'), 'utf8').catch(() => undefined);
            if (envelope !== undefined) await take({ envelope, centreTime: clock.now() });
            await sleep(clock, lookAgainMs, stopping);
          }
        },
      },
    };
  },
};
