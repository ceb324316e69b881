/** The calls of the area of cameras. Texts of the gateway come back in the reader's language. */
import type { Message } from '@forpost/shared/texts/message.ts';
import type { AskView, Edit, FoundView, StreamTestView } from '../../../view.ts';
import { call, post } from '../../api.ts';
import { base } from '../../base.ts';
import type { Saved, SaveOptions, SiteStore } from '../site-store.ts';
import { say } from '../texts.ts';

export interface Login {
  readonly user: string;
  readonly password: string;
}

export interface Told {
  readonly text: string;
  readonly textI18n?: Message;
}

/** A camera may answer its questions slowly; the gateway gives up after a minute. */
const askWithinMs = 70_000;
/** Two streams, half a minute each, and the wait for a busy processor. */
const testWithinMs = 150_000;

export const told = ({ textI18n, text }: Told): string => say(textI18n, text);

export async function searchCameras(): Promise<FoundView> {
  return (await (await post(`${base}/api/v1/cameras/found`, {})).json()) as FoundView;
}

export async function foundCameras(): Promise<FoundView> {
  return (await (await call(`${base}/api/v1/cameras/found`)).json()) as FoundView;
}

export type Chosen =
  | { readonly found: string; readonly label: string }
  | { readonly address: string; readonly label: string };

/** @throws RefusedError with the camera's refusal; `members.needsLogin` */
export async function askCamera(chosen: Chosen, login: Login | undefined, fingerprint: string): Promise<AskView> {
  const { label: _, ...which } = chosen;
  const body = { ...which, ...logIn(login), ...trusted(fingerprint) };
  return (await (await post(`${base}/api/v1/cameras/ask`, body, askWithinMs)).json()) as AskView;
}

export interface StreamChoice {
  readonly url: string;
  readonly transport?: 'tcp' | 'udp';
}

export async function testStreams(
  streams: readonly StreamChoice[],
  login: Login | undefined,
  { camera, fingerprint = '' }: { readonly camera?: string; readonly fingerprint?: string } = {},
): Promise<StreamTestView> {
  const own = camera === undefined ? {} : { camera };
  const body = { streams, ...logIn(login), ...own, ...trusted(fingerprint) };
  return (await (await post(`${base}/api/v1/cameras/test`, body, testWithinMs)).json()) as StreamTestView;
}

/** A check of a large site takes so long on a small machine. */
const saveWithinMs = 60_000;

/** Saves a camera with its log-in. `login` undefined: the stored one stays. @throws as `call` */
export function saveCamera(
  site: SiteStore,
  camera: string,
  edits: readonly Edit[],
  login: Login | undefined,
  { seen }: Pick<SaveOptions, 'seen'>,
): Promise<Saved> {
  const headers = { 'content-type': 'application/json', 'if-match': `"${seen}"` };
  const body = JSON.stringify({ edits, ...logIn(login) });
  const path = `${base}/api/v1/cameras/${encodeURIComponent(camera)}`;
  return site.answered(() => call(path, { method: 'PUT', headers, body }, saveWithinMs));
}

function logIn(login: Login | undefined): { readonly login?: Login } {
  return login === undefined ? {} : { login };
}

function trusted(fingerprint: string): { readonly fingerprint?: string } {
  return fingerprint === '' ? {} : { fingerprint };
}
