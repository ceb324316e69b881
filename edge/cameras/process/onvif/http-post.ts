/**
 * Sends one SOAP request to the device that was chosen, and to no other one.
 *
 * Always: a request has `requestMs` from the connection to the last byte, so that a slow answer costs no more; an answer
 * has at most `mostAnswerBytes`; redirects are not followed; the log-in is sent only where the device asks for it, and a
 * refused one is not tried again, because cameras lock an account after a few wrong tries.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { messageOf } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { type HttpSource, hostOf } from '../../../vision/process/address.ts';
import { CameraFailure } from '../../../vision/process/failure.ts';
import { loginWords, redirection } from '../../../vision/process/stream/camera-words.ts';
import { connectTo } from '../../../vision/process/stream/connect.ts';
import { Authenticator, challengesOf, type LoginProblem } from '../../../vision/process/stream/login.ts';
import { decoded } from '../soap.ts';

const requestMs = 8_000;
const mostAnswerBytes = 524_288;

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly wantsLogin: boolean;
}

export class HttpPost {
  readonly #source: HttpSource;
  readonly #login: Authenticator;
  /** why the log-in was refused; no further request is sent with it */
  #refused: LoginProblem | undefined;

  constructor(source: HttpSource) {
    this.#source = source;
    this.#login = new Authenticator(source.login);
  }

  get where(): string {
    return `${this.#source.host}:${this.#source.port}`;
  }

  /** Whether the device refused the user or the password. */
  get isLoginRefused(): boolean {
    return this.#refused !== undefined;
  }

  /** `path`: with its query. `port`: of a service; default the device's. @throws CameraFailure */
  async send(path: string, body: string, port = this.#source.port): Promise<HttpAnswer> {
    if (this.#refused !== undefined) return { status: 401, text: '', wantsLogin: true };
    for (;;) {
      const answer = await this.#once(path, body, port);
      if (answer.status >= 300 && answer.status < 400) throw redirection(this.#source.host, answer.location);
      if (answer.status !== 401 || answer.challenges.length === 0) {
        if (answer.status !== 401) this.#login.accepted();
        return { status: answer.status, text: answer.text, wantsLogin: answer.status === 401 };
      }
      if (this.#source.login === undefined) return { status: 401, text: answer.text, wantsLogin: true };
      this.#refused = this.#login.refused(challengesOf(answer.challenges));
      if (this.#refused === undefined) continue;
      if (this.#refused === 'wrong' || this.#refused === 'needed')
        return { status: 401, text: answer.text, wantsLogin: true };
      throw new CameraFailure('refused', loginWords(this.#refused));
    }
  }

  async #once(path: string, body: string, port: number): Promise<RawAnswer> {
    const late = Promise.withResolvers<never>();
    const abort = new AbortController();
    const timer = setTimeout(() => {
      late.reject(new CameraFailure('unreachable', words('gateway/reason.onvif-slow', { where: this.where })));
      abort.abort();
    }, requestMs);
    try {
      return await Promise.race([this.#exchange(path, body, port, abort.signal), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #exchange(path: string, body: string, port: number, signal: AbortSignal): Promise<RawAnswer> {
    const socket = await connectTo({ ...this.#source, port });
    signal.addEventListener('abort', () => socket.destroy());
    if (signal.aborted) socket.destroy();
    try {
      const authorization = this.#login.header('POST', path, body);
      const asked = request({
        method: 'POST',
        path,
        agent: over(socket),
        headers: {
          host: hostOf(this.#source),
          connection: 'close',
          'content-type': 'application/soap+xml; charset=utf-8',
          'content-length': Buffer.byteLength(body),
          ...(authorization === undefined ? {} : { authorization }),
        },
      });
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      asked.once('response', resolve).once('error', reject).end(body);
      return await this.#read(await promise);
    } catch (error) {
      if (error instanceof CameraFailure) throw error;
      const values = { where: this.where, error: messageOf(error) };
      throw new CameraFailure('unreachable', words('gateway/reason.onvif-broken', values));
    } finally {
      socket.destroy();
    }
  }

  async #read(answer: IncomingMessage): Promise<RawAnswer> {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of answer as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > mostAnswerBytes)
        throw new CameraFailure('refused', words('gateway/reason.onvif-large', { where: this.where }));
      parts.push(part);
    }
    const { statusCode = 0, headers, headersDistinct } = answer;
    return {
      status: statusCode,
      text: decoded(Buffer.concat(parts), headers['content-type']),
      location: headers.location ?? '',
      challenges: headersDistinct['www-authenticate'] ?? [],
    };
  }
}

/** An agent for one request over this connection. */
function over(socket: Socket): Agent {
  const agent = new Agent({ maxSockets: 1 });
  agent.createConnection = () => socket;
  return agent;
}

interface RawAnswer {
  readonly status: number;
  readonly text: string;
  readonly location: string;
  readonly challenges: readonly string[];
}
