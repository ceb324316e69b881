/** Questions of a benchmark to the API of a running gateway, through its socket. */
import type { SocketClient } from '../../edge/config/socket-client.ts';

/** The answer's body. `wanted`: the status. @throws Error where another status comes */
export async function asked(
  client: SocketClient,
  method: string,
  path: string,
  body?: object,
  seen?: string,
  wanted = 200,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await client.ask(method, path, body, seen);
  if (answer.status !== wanted) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}
