/**
 * What `forpost devices found` and `forpost devices name` print: devices that bridges speak for and that nobody has named. A
 * running gateway alone knows them; both ask it through its socket.
 */
import { userInfo } from 'node:os';
import { ForpostError } from '@forpost/shared/errors.ts';
import { loadInstallation } from '../config/load-installation.ts';
import { accepted, SocketClient } from '../config/socket-client.ts';

interface Found {
  readonly name: string;
  readonly source: string;
  readonly model?: string;
  readonly last: string;
  readonly messages: number;
  readonly values: Readonly<Record<string, unknown>>;
  readonly was?: string;
}

interface Bridge {
  readonly id: string;
  readonly reachable: boolean;
  readonly found: readonly Found[];
  readonly dropped: number;
}

export interface NameOptions {
  readonly name?: string;
  readonly place?: string;
  readonly why?: string;
}

/** The lines to print. @throws ForpostError FORPOST_ARGUMENT_INVALID where no gateway runs */
export async function foundDevices(config: string): Promise<readonly string[]> {
  const client = await running(config);
  const { bridges } = accepted(await client.ask('GET', '/api/v1/bridges')) as unknown as { bridges: readonly Bridge[] };
  return bridges.flatMap(({ id, reachable, found, dropped }) => [
    `${id}${reachable ? '' : ' (out of reach)'}: ${found.length === 0 ? 'no device waits to be named' : `${found.length} found`}`,
    ...found.map(({ name, source, model = '', last, messages, values, was }) => {
      const newest = Object.entries(values).map(([metric, value]) => `${metric} ${value}`);
      const before = was === undefined ? '' : `it was ${was}`;
      return `  ${[name, source === name ? '' : source, model, before, `${messages} messages, last at ${last}`, newest.join(', ')].filter((part) => part !== '').join('\t')}`;
    }),
    ...(dropped === 0 ? [] : [`  ${dropped} more made room for newer ones`]),
  ]);
}

/** Names a found device over the newest revision; returns its number. @throws ForpostError with the refusal */
export async function nameDevice(
  config: string,
  bridge: string,
  found: string,
  id: string,
  options: NameOptions,
): Promise<number> {
  const client = await running(config);
  const newest = accepted(await client.ask('GET', '/api/v1/site')) as {
    readonly revision: { readonly number: number };
  };
  const path = `/api/v1/bridges/${encodeURIComponent(bridge)}/devices`;
  const named = await client.ask('POST', path, { found, id, ...options }, String(newest.revision.number));
  const { revision, unchanged } = accepted(named) as Readonly<Record<'revision' | 'unchanged', { number: number }>>;
  return (revision ?? unchanged).number;
}

async function running(config: string): Promise<SocketClient> {
  const client = new SocketClient(loadInstallation(config).data, userInfo().username);
  if (await client.answers()) return client;
  throw new ForpostError(
    'FORPOST_ARGUMENT_INVALID',
    'no gateway runs here, and a running one alone knows what its bridges have found; or write the device into site.yaml, under its bridge',
  );
}
