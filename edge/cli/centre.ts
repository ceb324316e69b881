/** What `forpost centre …` prints. Without --json plain lines, with it one JSON document in the form of the API. */
import { ForpostError } from '@forpost/shared/errors.ts';
import { loadInstallation } from '../config/load-installation.ts';
import { accepted, SocketClient } from '../config/socket-client.ts';
import type { CentreAnswer, TriedLink } from '../console/schemas/centre.ts';
import { print, runningUser } from './output.ts';

interface Options {
  readonly json?: boolean;
}

export async function show(config: string, { json }: Options): Promise<void> {
  const { links } = accepted(await (await gatewayOf(config)).ask('GET', '/api/v1/centre')) as unknown as CentreAnswer;
  print(json, { links }, () =>
    links.length === 0
      ? ['this gateway sends nothing to a centre']
      : links.map(({ sink, to, encrypted, credential, certificateUntil, lastSuccess }) =>
          [
            `${sink}  ${to}`,
            encrypted ? 'TLS' : 'not encrypted',
            ...(credential === null ? [] : [`identified by its ${credential}`]),
            ...(certificateUntil === null ? [] : [`certificate until ${certificateUntil}`]),
            lastSuccess === null ? 'no event arrived since the start' : `events last arrived at ${lastSuccess}`,
          ].join(', '),
        ),
  );
}

/** Tries one link, or all of them. Ends with status 1 where one does not work. */
export async function tryLinks(config: string, name: string | undefined, { json }: Options): Promise<void> {
  const gateway = await gatewayOf(config);
  const { links } = accepted(await gateway.ask('GET', '/api/v1/centre')) as unknown as CentreAnswer;
  const names = name === undefined ? links.map(({ sink }) => sink) : [name];
  for (const sink of names) {
    const answer = await gateway.ask('POST', `/api/v1/centre/${encodeURIComponent(sink)}/try`, {});
    const tried = accepted(answer) as unknown as TriedLink;
    print(json, { sink, ...tried }, () => [
      `${sink} ${tried.ok ? 'works' : 'does not work'}`,
      ...tried.steps.map(
        ({ what, where, result, message, ms }) => `  ${result}  ${what}  ${where}  ${ms} ms  ${message}`,
      ),
    ]);
    if (!tried.ok) process.exitCode = 1;
  }
}

/** @throws ForpostError FORPOST_PART_FAILED where no gateway runs */
async function gatewayOf(config: string): Promise<SocketClient> {
  const { data } = loadInstallation(config);
  const gateway = new SocketClient(data, runningUser());
  if (await gateway.answers()) return gateway;
  throw new ForpostError('FORPOST_PART_FAILED', `no gateway runs on ${data}: a link is there only while one runs`);
}
