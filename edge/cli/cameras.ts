/**
 * What `forpost cameras find|test|add` do and print. Searching and testing need no running gateway; adding goes through the
 * document's one door, as the page does it. With --json one JSON document in the form of the API.
 *
 * Always: a password is read from the terminal, a file or the environment, never from an argument, and is printed nowhere.
 */
import { readFileSync } from 'node:fs';
import { sleep, systemClock } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { wordsOf } from '@forpost/shared/texts/sentence.ts';
import { deviceAddress, streamAddress } from '../cameras/addresses.ts';
import { CameraSetUp } from '../cameras/camera-set-up.ts';
import type { CameraLogin, DeviceAnswer, FoundCamera, StreamJob, StreamReading } from '../cameras/messages.ts';
import { findingsOf, suggestedOf, suggestedOfTested } from '../cameras/verdict.ts';
import { loadInstallation } from '../config/load-installation.ts';
import { loadSite } from '../config/load-site.ts';
import { withSiteDoor } from '../config/site-door.ts';
import { print, runningUser } from './output.ts';

const pollMs = 100;

export interface FindOptions {
  readonly seconds?: string;
  readonly json?: boolean;
}

export interface LoginOptions {
  readonly user?: string;
  /** `-`: standard input */
  readonly passwordFile?: string;
  /** name of an environment variable */
  readonly passwordEnv?: string;
}

export interface TestOptions extends LoginOptions {
  readonly config?: string;
  readonly main?: string;
  readonly fingerprint?: string;
  readonly json?: boolean;
}

export interface AddOptions extends LoginOptions {
  readonly url: string;
  readonly mainUrl?: string;
  readonly name?: string;
  readonly place?: string;
  readonly transport?: string;
  readonly fingerprint?: string;
  readonly why?: string;
  readonly json?: boolean;
}

export async function find({ seconds = '5', json = false }: FindOptions): Promise<void> {
  const ms = Number(seconds) * 1_000;
  if (!(ms > 0)) throw wrong(`--seconds ${seconds} is no number of seconds`);
  const view = await withSetUp(async (setUp) => {
    setUp.search(ms);
    while (setUp.found().isRunning) await sleep(systemClock, pollMs);
    return setUp.found();
  });
  print(json, { cameras: view.cameras, problems: view.problems }, () => [
    ...view.cameras.map(foundLine),
    ...(view.cameras.length === 0
      ? ['No camera answered. Some have ONVIF switched off: test such a one by its address.']
      : []),
    ...view.problems,
  ]);
}

/** `what`: the id of a camera of the site, a camera's address, or a stream's. */
export async function test(what: string, options: TestOptions): Promise<void> {
  const { main, json = false } = options;
  const trust = { fingerprint: options.fingerprint };
  await withSetUp(async (setUp) => {
    const known = options.config === undefined ? undefined : siteCamera(options.config, what);
    if (known !== undefined) {
      const readings = await setUp.test(known);
      return printTest(json, readings);
    }
    const login = loginIn(options);
    if (/^rtsps?:\/\//i.test(what)) {
      const streams = [what, ...(main === undefined ? [] : [main])].map(streamJob);
      return printTest(json, await setUp.test({ streams, login, trust }));
    }
    const address = deviceAddress(what);
    if (address === undefined) throw wrong(`${what} is not the address of a camera: 10.0.0.7, http://… or rtsp://…`);
    const device = await setUp.ask({ address, login, trust });
    if ('refused' in device) throw new ForpostError('FORPOST_CAMERA_FAILED', device.refused);
    const { detection, evidence } = suggestedOf(device.streams);
    const streams = [...new Set([detection, evidence])].flatMap((url) => (url === undefined ? [] : [{ url }]));
    const readings = streams.length === 0 ? [] : await setUp.test({ streams, login, trust });
    return printTest(json, readings, device);
  });
}

export async function add(config: string, id: string, options: AddOptions): Promise<void> {
  const { url, mainUrl, name, place, transport, fingerprint, why = '', json = false } = options;
  for (const one of [url, mainUrl]) if (one !== undefined) streamJob(one);
  const login = loginIn(options);
  const fields = { name, place, url, main_url: mainUrl, transport, fingerprint };
  // field by field: zones and everything else of a camera that is there stay
  const edits = Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : [{ set: ['cameras', id, key], value }],
  );
  const made = await withSiteDoor(loadInstallation(config), runningUser(), async (door) => {
    const { revision } = await door.show();
    return door.saveCamera(String(revision.number), id, edits, login, why);
  });
  print(json, made, () => [
    made.revision === undefined
      ? `Nothing to change: this is revision ${made.unchanged?.number}.`
      : `Revision ${made.revision.number} is the site now: ${made.revision.changes.map((one) => one.message).join('; ')}`,
  ]);
}

/** The streams and the log-in of a camera of the site; undefined: it has no such camera. */
function siteCamera(config: string, id: string): Parameters<CameraSetUp['test']>[0] | undefined {
  const { site_file: siteFile, secrets_file: secretsFile } = loadInstallation(config);
  const { site, secrets } = loadSite(siteFile, secretsFile);
  const camera = site.cameras.find((one) => one.id === id);
  if (camera === undefined) return undefined;
  const urls = [camera.url, ...(camera.main_url === undefined ? [] : [camera.main_url])];
  return {
    streams: urls.map((url) => ({ url, transport: camera.transport })),
    login: secrets.cameras?.[id],
    trust: { ca: camera.ca, fingerprint: camera.fingerprint },
  };
}

function streamJob(typed: string): StreamJob {
  const url = streamAddress(typed);
  if (url === undefined) throw wrong(`${typed} is not the address of a stream: rtsp://, rtsps://, http:// or https://`);
  return { url };
}

function loginIn({ user, passwordFile: file, passwordEnv: name }: LoginOptions): CameraLogin | undefined {
  if (user === undefined) return undefined;
  if (file !== undefined && name !== undefined)
    throw wrong('name one place for the password: --password-file or --password-env');
  if (name !== undefined) {
    const password = process.env[name];
    if (password === undefined) throw wrong(`the environment has no variable ${name}`);
    return { user, password };
  }
  if (file === undefined) throw wrong('say where the password of --user is: --password-file or --password-env');
  try {
    return { user, password: readFileSync(file === '-' ? 0 : file, 'utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    throw wrong(`the password file cannot be read: ${messageOf(error)}`);
  }
}

async function withSetUp<T>(run: (setUp: CameraSetUp) => Promise<T>): Promise<T> {
  const setUp = new CameraSetUp({ clock: systemClock });
  await setUp.start();
  try {
    return await run(setUp);
  } finally {
    await setUp.stop();
  }
}

function printTest(json: boolean, readings: readonly StreamReading[], device?: DeviceAnswer): void {
  const streams = readings.map(({ picture: _, ...reading }) => ({
    ...reading,
    findings: findingsOf(reading).map(({ level, text }) => ({ level, text: wordsOf(text) })),
  }));
  const suggested = suggestedOfTested(readings);
  print(json, { ...(device === undefined ? {} : { device }), streams, ...suggested }, () => [
    ...(device === undefined ? [] : deviceLines(device)),
    ...streams.flatMap(streamLines),
    ...(suggested.detection === undefined ? [] : [`for detection (--url): ${suggested.detection}`]),
    ...(suggested.evidence === undefined || suggested.evidence === suggested.detection
      ? []
      : [`for evidence (--main-url): ${suggested.evidence}`]),
  ]);
}

function foundLine({ name, model, host, address, problem }: FoundCamera): string {
  const about = [name, model].filter((one) => one !== '').join(', ') || 'a camera';
  return `${address ?? host}  ${about}${problem === undefined ? '' : `: ${problem}`}`;
}

function deviceLines({ manufacturer, model, firmware, streams, notes }: DeviceAnswer): readonly string[] {
  return [
    `${manufacturer} ${model} (firmware ${firmware})`,
    ...streams.map(({ name, codec, width, height, url }) => `  ${name}: ${codec} ${width}×${height}  ${url}`),
    ...notes.map((note) => `  ${note}`),
  ];
}

function streamLines({
  url,
  codec,
  width,
  height,
  framesPerSecond,
  bitsPerSecond,
  keyFrameMs,
  sound,
  decodeLoad,
  findings,
}: Omit<StreamReading, 'picture'> & {
  readonly findings: readonly { level: string; text: string }[];
}): readonly string[] {
  const facts = [
    codec,
    width === undefined ? undefined : `${width}×${height}`,
    framesPerSecond === undefined ? undefined : `${framesPerSecond} pictures/s`,
    bitsPerSecond === undefined ? undefined : `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`,
    keyFrameMs === undefined ? undefined : `a key frame every ${(keyFrameMs / 1_000).toFixed(1)} s`,
    sound === undefined ? undefined : `sound ${sound}`,
    decodeLoad === undefined ? undefined : `decoding takes ${Math.round(decodeLoad * 100)} % of a core`,
  ].filter((fact) => fact !== undefined);
  return [
    url,
    ...(facts.length === 0 ? [] : [`  ${facts.join(', ')}`]),
    ...findings.map(({ level, text }) => `  ${level}: ${text}`),
  ];
}

function wrong(message: string): ForpostError {
  return new ForpostError('FORPOST_ARGUMENT_INVALID', message);
}
