/** The page's calls to its gateway. Each call has a deadline; a refusal becomes an Error with the gateway's sentence. */

import type { Message } from '@forpost/shared/texts/message.ts';
import type {
  CameraScene,
  CameraSceneView,
  CameraTest,
  ConsoleStatus,
  DeadLetterView,
  EarlierAlarmsView,
} from '../view.ts';
import { base } from './base.ts';
import { say, sentTexts, t } from './texts.ts';

const deadlineMs = 10_000;
/** A backup with a gigabyte of unsent events over a slow network. */
const backupWithinMs = 3_600_000;

/** Thrown when the log-in has ended. */
export class LoggedOutError extends Error {}

/** A refusal with what the gateway says of it. */
export class RefusedError extends Error {
  readonly status: number;
  /** further members of the problem document: the fields of its own that a kind of refusal has */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(detail: string, status: number, members: Readonly<Record<string, unknown>>) {
    super(detail);
    this.status = status;
    this.members = members;
  }
}

/** @throws LoggedOutError, RefusedError with the gateway's sentence, Error where there is no answer in time */
export async function call(path: string, init: RequestInit = {}, withinMs = deadlineMs): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, signal: AbortSignal.timeout(withinMs) });
  } catch (error) {
    throw new Error(t('gateway-page/no-answer-network'), { cause: error });
  }
  if (response.ok) return response;
  const members = await problemIn(response);
  await sentTexts();
  const detail =
    members.detail === undefined
      ? t('gateway-page/answered-status', { status: String(response.status) })
      : say(members.detailI18n as Message | undefined, String(members.detail));
  throw response.status === 401 ? new LoggedOutError(detail) : new RefusedError(detail, response.status, members);
}

/** The answer's problem document; nothing where it is none (a proxy's own page). */
async function problemIn(response: Response): Promise<Readonly<Record<string, unknown>>> {
  try {
    const problem: unknown = await response.json();
    return typeof problem === 'object' && problem !== null ? (problem as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** POST with a JSON body. @throws as `call` */
export function post(path: string, body: unknown, withinMs?: number): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return call(path, { method: 'POST', headers, body: JSON.stringify(body) }, withinMs);
}

/** The log-in name and role; null without a log-in. */
export async function session(): Promise<{ readonly user: string | null; readonly role?: string }> {
  return (await (await call(`${base}/api/v1/session`)).json()) as { user: string | null; role?: string };
}

export async function logIn(user: string, password: string): Promise<void> {
  await post(`${base}/api/v1/login`, { user, password });
}

export async function logOut(): Promise<void> {
  await post(`${base}/api/v1/logout`, {});
}

export async function fetchStatus(): Promise<ConsoleStatus> {
  const [answer] = await Promise.all([call(`${base}/api/v1/status`), sentTexts()]);
  return (await answer.json()) as ConsoleStatus;
}

export async function acknowledge(alarm: string): Promise<void> {
  await post(`${base}/api/v1/alarms/acknowledge`, { alarm });
}

export interface EarlierAlarmsWish {
  /** `next` of the page before */
  readonly before?: string;
  /** RFC 3339 */
  readonly until?: string;
  /** empty: all */
  readonly device: string;
  readonly pictured: boolean;
}

export async function fetchEarlierAlarms(
  { before, until, device, pictured }: EarlierAlarmsWish,
  limit: number,
): Promise<EarlierAlarmsView> {
  const query = new URLSearchParams({ limit: String(limit) });
  if (before !== undefined) query.set('before', before);
  if (until !== undefined) query.set('until', until);
  if (device !== '') query.set('device', device);
  if (pictured) query.set('pictured', 'true');
  return (await (await call(`${base}/api/v1/alarms/earlier?${query}`)).json()) as EarlierAlarmsView;
}

export async function fetchDeadLetters(device: string): Promise<readonly DeadLetterView[]> {
  const path = `${base}/api/v1/dead-letters?limit=5&device=${encodeURIComponent(device)}`;
  return ((await (await call(path)).json()) as { deadLetters: readonly DeadLetterView[] }).deadLetters;
}

/** Zones, lines and masks of a camera, with their revision. */
export async function fetchScene(camera: string): Promise<CameraSceneView> {
  return (await (await call(`${cameraPath(camera)}/scene`)).json()) as CameraSceneView;
}

export async function saveScene(camera: string, scene: CameraScene & { readonly revision: string }): Promise<void> {
  await call(`${cameraPath(camera)}/scene`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(scene),
  });
}

export async function fetchCameraTest(camera: string): Promise<CameraTest> {
  return (await (await call(`${cameraPath(camera)}/trial`)).json()) as CameraTest;
}

/** Begins a camera's test; 0 s ends it. */
export async function beginCameraTest(camera: string, seconds: number): Promise<CameraTest> {
  return (await (await post(`${cameraPath(camera)}/trial`, { seconds })).json()) as CameraTest;
}

function cameraPath(camera: string): string {
  return `${base}/api/v1/cameras/${encodeURIComponent(camera)}`;
}

/** The whole backup, encrypted. A failure on its way is an error, so no part is taken for a whole. */
export async function makeBackup(passphrase: string): Promise<Blob> {
  const answer = await post(`${base}/api/v1/backup`, { passphrase }, backupWithinMs);
  try {
    return await answer.blob();
  } catch (error) {
    throw new Error(t('gateway-page/backup.broken'), { cause: error });
  }
}

export interface Picture {
  readonly blob: Blob;
  /** when its frame was complete, ms since 1970 */
  readonly takenMs: number;
}

/** The camera's newest picture; undefined before the first one. */
export async function fetchPicture(camera: string): Promise<Picture | undefined> {
  const response = await call(`${base}/api/v1/cameras/${encodeURIComponent(camera)}/picture`);
  if (response.status === 204) return undefined;
  return { blob: await response.blob(), takenMs: Date.parse(response.headers.get('forpost-taken') ?? '') };
}
