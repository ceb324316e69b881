/** The page's calls to the API. An error carries the sentence of the problem document (RFC 9457). */
import { addressOf } from './address.ts';

export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** A proxy that swallows a request must not leave a spinner for ever. */
const deadlineMs = 20_000;

export async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return call<Answer>(path, { method: 'GET' }, signal);
}

export async function post<Answer>(path: string, body?: unknown): Promise<Answer> {
  const json =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return call<Answer>(path, { method: 'POST', ...json });
}

/** Why a file that the browser asked for by itself did not come, in a sentence. */
export async function whyNot(path: string): Promise<string> {
  try {
    // one byte: a clip is large, and may be there this time
    const response = await fetch(addressOf(path), {
      headers: { range: 'bytes=0-0' },
      signal: AbortSignal.timeout(deadlineMs),
    });
    if (response.ok) return 'it did not come: try again';
    return detailOf(await response.json().catch(() => undefined)) ?? `the centre answered ${response.status}`;
  } catch {
    return 'the centre cannot be reached';
  }
}

async function call<Answer>(path: string, init: RequestInit, signal?: AbortSignal): Promise<Answer> {
  const deadline = AbortSignal.timeout(deadlineMs);
  let response: Response;
  try {
    response = await fetch(addressOf(path), {
      ...init,
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError(0, deadline.aborted ? 'the centre does not answer' : 'the centre cannot be reached');
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new ApiError(response.status, detailOf(body) ?? `the centre answered ${response.status}`);
  return body as Answer;
}

function detailOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  if ('detail' in body && typeof body.detail === 'string') return body.detail;
  return 'title' in body && typeof body.title === 'string' ? body.title : undefined;
}

/** The sentence of anything thrown. */
export function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
