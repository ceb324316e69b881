/**
 * What `forpost pair …` prints. The commands ask the running gateway through its socket; without one they refuse.
 *
 * Always: control characters that a client put into its names and messages do not reach the terminal.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { ForpostError } from '@forpost/shared/errors.ts';
import { loadInstallation } from '../config/load-installation.ts';
import { accepted, SocketClient } from '../config/socket-client.ts';
import type { JudgementView, KnockerView, PairingView } from '../console/schemas/pairing.ts';
import { runningUser } from './output.ts';

const pairing = '/api/v1/pairing';
const everyMs = 1000;

interface Options {
  readonly json?: boolean;
}

export interface AcceptOptions extends Options {
  readonly name: string;
  readonly id?: string;
  readonly place?: string;
  readonly decoder?: string;
  readonly topic?: string;
  readonly bridge?: boolean;
  readonly logIn?: string;
}

export async function open(
  config: string,
  { minutes, json = false }: Options & { readonly minutes: string },
): Promise<void> {
  const ask = await asker(config);
  let view = viewIn(await ask('POST', `${pairing}/open`, { minutes: Number(minutes) }));
  if (!json) process.stdout.write(`${windowLine(view)}\n`);
  const shown = new Map<number, string>();
  while (view.window !== null) {
    for (const line of news(view, shown, json)) process.stdout.write(`${line}\n`);
    await wait(everyMs);
    view = viewIn(await ask('GET', pairing));
  }
  if (!json) process.stdout.write('The pairing window has ended.\n');
}

export async function list(config: string, { json = false }: Options): Promise<void> {
  const ask = await asker(config);
  const view = viewIn(await ask('GET', pairing));
  const lines = json ? [JSON.stringify(view)] : [windowLine(view), ...view.knockers.flatMap(knockerLines)];
  process.stdout.write(`${lines.join('\n')}\n`);
}

export async function accept(
  config: string,
  number: string,
  { json = false, bridge, ...asked }: AcceptOptions,
): Promise<void> {
  const ask = await asker(config);
  const section = bridge === undefined ? {} : { section: bridge ? 'bridges' : 'devices' };
  const body = { knocker: numberOf(number), ...asked, ...section };
  const made = await ask('POST', `${pairing}/accept`, body);
  process.stdout.write(json ? `${JSON.stringify(made)}\n` : `${acceptedLines(made).join('\n')}\n`);
}

export async function ignore(config: string, number: string): Promise<void> {
  const ask = await asker(config);
  await ask('POST', `${pairing}/ignore`, { knocker: numberOf(number) });
  process.stdout.write(`Client ${numberOf(number)} is refused until the window ends.\n`);
}

export async function close(config: string): Promise<void> {
  const ask = await asker(config);
  await ask('POST', `${pairing}/close`, {});
  process.stdout.write('The pairing window is closed.\n');
}

type Body = Readonly<Record<string, unknown>>;

/** @throws ForpostError FORPOST_DATA_FOLDER where no gateway runs */
async function asker(config: string): Promise<(method: string, path: string, body?: object) => Promise<Body>> {
  const { data } = loadInstallation(config);
  const client = new SocketClient(data, runningUser());
  if (!(await client.answers()))
    throw new ForpostError('FORPOST_DATA_FOLDER', `no gateway runs on ${data}: only a running gateway can pair`);
  return async (method, path, body) => accepted(await client.ask(method, path, body));
}

function viewIn(body: Body): PairingView {
  return body as unknown as PairingView;
}

/** @throws ForpostError FORPOST_ARGUMENT_INVALID */
function numberOf(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new ForpostError(
    'FORPOST_ARGUMENT_INVALID',
    `"${text}" is not the number of a client: "forpost pair list" shows them`,
  );
}

function windowLine({ window, turnedAway }: PairingView): string {
  if (window === null) return 'The pairing window is closed.';
  const more = turnedAway === 0 ? '' : ` ${turnedAway} connections found no place.`;
  return `The pairing window is open until ${window.endsAt}.${more} Take a client in with: forpost pair accept NUMBER --name NAME`;
}

/** The clients that are new, or of which something important has changed. */
function news({ knockers }: PairingView, shown: Map<number, string>, json: boolean): readonly string[] {
  return knockers.flatMap((knocker) => {
    const { number, judgements, takenIn } = knocker;
    const [surest] = judgements;
    const state = JSON.stringify([surest?.decoder, surest?.model, surest?.topic, surest?.values.length, takenIn]);
    if (shown.get(number) === state) return [];
    shown.set(number, state);
    return json ? [JSON.stringify(knocker)] : knockerLines(knocker);
  });
}

function knockerLines(knocker: KnockerView): readonly string[] {
  const { number, address, clientId, user, refusedBefore, claims, topics, judgements, takenIn, logIn, hasPassword } =
    knocker;
  const names = [
    `${number}  ${address}`,
    `client id ${clientId === '' ? 'none' : `"${clientId}"`}`,
    `user ${user === null ? 'none' : `"${user}"`}${hasPassword ? '' : ', no password'}`,
    ...(refusedBefore === 0 ? [] : [`refused ${refusedBefore} times before`]),
    ...(knocker.connected ? [] : ['not connected now']),
  ];
  return [
    names.join(', '),
    ...(takenIn === null ? [] : [`   taken in as ${takenIn.id} by ${takenIn.by}; ${arrivalOf(takenIn)}`]),
    ...(claims === null ? [] : [`   it gives the user name of ${claims.id} (${claims.name}) with another password`]),
    ...judgements.map(judgementLine),
    ...(judgements.length === 0 && topics.length > 0 ? ['   no decoder recognises it'] : []),
    ...topics.slice(0, 5).map(({ topic, begin }) => `   ${topic}  ${begin.slice(0, 100)}`),
    ...(takenIn === null && !logIn.own ? [`   ${logIn.why}`] : []),
    ...(takenIn === null && logIn.weak !== null ? [`   ${logIn.weak}`] : []),
  ].map(printable);
}

function arrivalOf({ arrived, logIn }: NonNullable<KnockerView['takenIn']>): string {
  if (arrived !== null) return `logged in at ${arrived}`;
  return logIn === 'made' ? 'waits until its password is entered' : 'has not logged in yet';
}

function judgementLine({ decoder, sure, model, topic, values }: JudgementView): string {
  const read = values.slice(0, 4).map(({ name, value }) => `${name} ${value}`);
  const what = [
    `${decoder} ${Math.round(sure * 100)} %`,
    ...(model === null ? [] : [model]),
    `topic ${topic}`,
    ...read,
  ];
  return `   ${what.join(', ')}`;
}

function acceptedLines({ device, revision, credential }: Body): readonly string[] {
  const lines = [
    `${String(device)} is part of the site (revision ${String(revision)}). It comes back by itself and logs in.`,
  ];
  if (typeof credential !== 'object' || credential === null) return lines;
  const { user, password } = credential as { readonly user: string; readonly password: string };
  return [
    `${String(device)} is part of the site (revision ${String(revision)}). Enter this in the device; it is shown only now:`,
    `  user      ${user}`,
    `  password  ${password}`,
  ];
}

function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '·');
}
