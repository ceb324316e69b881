/**
 * The centre's commands over HTTPS, for sites that allow only outgoing connections: a long poll of
 * `GET /ingest/v1/commands`. The receiver answers when it has a command, and with an empty list after `waitS`.
 *
 * Always: one request is open at a time. `after` names the last command that was handled, so the receiver repeats the
 * commands of a lost answer. The first request after a start or an error asks for all unexpired commands. After an
 * empty answer that came at once the next request waits.
 */
import { type Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type ClientTls, tlsOptions } from '@forpost/shared/client-tls.ts';
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { endWith, outgoingAgent } from '@forpost/shared/http/outgoing.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { CommandFeed } from '../../../commands/feed.ts';
import type { WireCount } from '../wire-count.ts';
import { httpReason } from './reasons.ts';

export interface HttpCommandsOptions {
  /** of the receiver, without a slash at the end */
  readonly base: string;
  readonly tls: ClientTls | undefined;
  /** the token; undefined: the client certificate identifies the gateway. @throws ForpostError without either */
  readonly token: () => string | undefined;
  /** of each request, besides the token */
  readonly head?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** counts the bytes of these requests */
  readonly wire: WireCount;
}

/** Shorter than the half minute after which proxies close silent connections. */
const waitS = 25;
const deadlineMs = 45_000;
const leastPauseMs = 1_000;
const mostPauseMs = 60_000;
const agentOptions = { keepAlive: true, maxSockets: 1 };
/** limit of an answer */
const mostBytes = 4 * 1024 * 1024;

const answerSchema = Type.Object({
  /** the centre's time, RFC 3339 */
  now: Type.String(),
  commands: Type.Array(Type.Unknown(), { maxItems: 1000 }),
  /** the value of `after` for the next request */
  after: Type.String({ maxLength: 100 }),
});
type Answer = Type.Static<typeof answerSchema>;
const isAnswer = Compile(answerSchema);

export function httpCommands(options: HttpCommandsOptions): CommandFeed {
  const { base, tls, clock } = options;
  return {
    async run(deliver, stopping) {
      // each run reads the certificate files again, so a renewed certificate needs no restart
      const own = tls === undefined || !base.startsWith('https:') ? {} : { tls: tlsOptions(tls) };
      const agent = outgoingAgent(base, { ...agentOptions, ...own });
      try {
        let after = '';
        while (!stopping.aborted) {
          const asked = clock.uptime();
          const { answer, retryMs } = await poll(options, agent, after, stopping);
          const arrived = clock.uptime();
          for (const envelope of answer.commands) {
            const centreTime = Math.round(Date.parse(answer.now) + clock.uptime() - arrived);
            await deliver({
              envelope: JSON.stringify(envelope),
              centreTime: Number.isNaN(centreTime) ? undefined : centreTime,
            });
          }
          after = answer.after;
          const pauseMs = Math.max(retryMs, answer.commands.length > 0 ? 0 : leastPauseMs - (arrived - asked));
          if (pauseMs > 0) await sleep(clock, Math.min(pauseMs, mostPauseMs), stopping);
        }
      } catch (error) {
        // the stop has aborted the open request
        if (!stopping.aborted) throw error;
      } finally {
        agent.destroy();
      }
    },
  };
}

async function poll(
  { base, tls, token, head, clock, wire }: HttpCommandsOptions,
  agent: HttpAgent,
  after: string,
  stopping: AbortSignal,
): Promise<{ readonly answer: Answer; readonly retryMs: number }> {
  const url = `${base}/ingest/v1/commands?wait=${waitS}${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`;
  const credential = token();
  const headers = { ...head, ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }) };
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(deadlineMs)]);
  let response: IncomingMessage;
  let text: string;
  try {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    endWith(signal, reject);
    send(url, { headers, agent, signal }, resolve)
      .on('socket', (socket) => wire.watch(socket))
      .on('error', reject)
      .end();
    response = await promise;
    text = await textOf(response);
  } catch (error) {
    const known = error instanceof Error ? httpReason(error, base, tls, clock.now()) : undefined;
    const reason = known ?? messageOf(error);
    throw new ForpostError('FORPOST_SINK_UNREACHABLE', `${base} cannot be asked for commands: ${reason}`);
  }
  const value: unknown = response.statusCode === 200 ? jsonOf(text) : undefined;
  if (!isAnswer.Check(value))
    throw new ForpostError(
      'FORPOST_SINK_UNREACHABLE',
      `${base} answers ${response.statusCode} when asked for commands`,
    );
  return { answer: value, retryMs: Number(response.headers['retry-after'] ?? 0) * 1000 || 0 };
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > mostBytes) throw new Error(`its answer has more than ${mostBytes} bytes`);
  }
  return text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // the caller reports that the answer is not a receiver's
    return undefined;
  }
}
