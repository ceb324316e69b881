/** A test's own centre as a process: started on its folder, killed, started again, and queried through its API. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readFirstLogin } from '../../cloud/access/users.ts';
import { type CentreFiles, writeCentreFile } from './configuration.ts';
import { TestProcess } from './process.ts';

export interface ApiEvent {
  readonly id: string;
  readonly type: string;
  readonly lane: string;
  readonly subject?: string;
  readonly data: Record<string, unknown>;
}

export interface CentreOptions extends Omit<CentreFiles, 'port'> {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly logFile?: string | undefined;
}

export class TestCentre {
  readonly port: number;
  readonly #file: string;
  readonly #options: CentreOptions;
  #process: TestProcess | undefined;
  #password = '';
  #cookie = '';

  private constructor(port: number, file: string, options: CentreOptions) {
    this.port = port;
    this.#file = file;
    this.#options = options;
  }

  /** Starts it on `folder`/centre. */
  static async start(folder: string, port: number, options: CentreOptions): Promise<TestCentre> {
    await mkdir(folder, { recursive: true });
    const centre = new TestCentre(port, await writeCentreFile(folder, { ...options, port }), options);
    await centre.start();
    return centre;
  }

  async start(): Promise<void> {
    const { env, logFile } = this.#options;
    const options = { env, logFile };
    const started = await TestProcess.start('centre', ['forpost.mjs', 'cloud', '--config', this.#file], options);
    this.#process = started;
    const first = await readFirstLogin(join(dirname(this.#file), 'centre'));
    if (first !== undefined) this.#password = first.password;
    this.#cookie = '';
  }

  get running(): boolean {
    return this.#process?.running === true;
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  /** GET from its API, with a log-in. */
  async api<T>(path: string): Promise<T> {
    const base = `http://127.0.0.1:${this.port}`;
    if (this.#cookie === '') this.#cookie = await logIn(base, 'admin', this.#password);
    const answer = await fetch(base + path, { headers: { cookie: this.#cookie }, signal: AbortSignal.timeout(30_000) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}

/** Every matching event of the history, over all pages. */
export async function eventsOf(
  centre: { api<T>(path: string): Promise<T> },
  filter: string,
): Promise<readonly ApiEvent[]> {
  const events: ApiEvent[] = [];
  let cursor: string | undefined;
  do {
    const page: { events: ApiEvent[]; cursor?: string } = await centre.api(
      `/api/v1/events?limit=1000&${filter}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    events.push(...page.events);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return events;
}

/** Logs in and returns the cookie. */
export async function logIn(base: string, user: string, password: string): Promise<string> {
  const answer = await fetch(`${base}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: base },
    body: JSON.stringify({ user, password }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`log-in at ${base}: ${answer.status} ${await answer.text()}`);
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
}
