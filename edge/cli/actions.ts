/** What `forpost actions …` prints. Without --json plain lines, with it one JSON document in the form of the API. */
import { ForpostError } from '@forpost/shared/errors.ts';
import { loadInstallation } from '../config/load-installation.ts';
import { accepted, SocketClient } from '../config/socket-client.ts';
import { print, runningUser } from './output.ts';

interface Options {
  readonly json?: boolean;
}

interface ListedAction {
  readonly id: string;
  readonly sentence: string;
  readonly problem?: string;
}

export async function list(config: string, { json }: Options): Promise<void> {
  const body = accepted(await (await gatewayOf(config)).ask('GET', '/api/v1/actions'));
  print(json, body, () =>
    (body.actions as readonly ListedAction[]).flatMap(({ id, sentence, problem }) => [
      `${id}  ${sentence}`,
      ...(problem === undefined ? [] : [`  does not work: ${problem}`]),
    ]),
  );
}

/** Ends with status 1 where the other side did not accept the test. */
export async function tryAction(config: string, id: string, { json }: Options): Promise<void> {
  const gateway = await gatewayOf(config);
  const tried = accepted(await gateway.ask('POST', `/api/v1/actions/${encodeURIComponent(id)}/try`));
  print(json, tried, () => [String(tried.message)]);
  if (tried.ok !== true) process.exitCode = 1;
}

/** @throws ForpostError FORPOST_PART_FAILED where no gateway runs */
async function gatewayOf(config: string): Promise<SocketClient> {
  const { data } = loadInstallation(config);
  const gateway = new SocketClient(data, runningUser());
  if (await gateway.answers()) return gateway;
  throw new ForpostError('FORPOST_PART_FAILED', `no gateway runs on ${data}: an action works only while one runs`);
}
