/** The page's calls to the API. An error carries the sentence of the problem document (RFC 9457). */
import { type Message, messageIn } from '@forpost/shared/texts/message.ts';
import { addressOf } from './address.ts';
import { capital, type PageTexts } from './texts/page-texts.ts';

export class ApiError extends Error {
  /** HTTP status; 0 = there was no answer */
  readonly status: number;
  /** the sentence as a message of the catalogue; undefined where the centre sent only English words */
  readonly text: Message | undefined;

  constructor(status: number, words: string, text?: Message) {
    super(words);
    this.name = 'ApiError';
    this.status = status;
    this.text = text;
  }
}

/** Ends a request that a proxy never answers, so that no spinner stays forever. */
const deadlineMs = 20_000;

export async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return call<Answer>(path, { method: 'GET' }, signal);
}

export async function post<Answer>(path: string, body?: unknown): Promise<Answer> {
  const json =
    body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return call<Answer>(path, { method: 'POST', ...json });
}

/** Asks why the browser could not load a picture or clip. */
export async function whyNot(path: string): Promise<ApiError> {
  try {
    // asks for one byte, because a clip is large and this request may succeed
    const response = await fetch(addressOf(path), {
      headers: { range: 'bytes=0-0' },
      signal: AbortSignal.timeout(deadlineMs),
    });
    if (response.ok) return ownError(0, { key: 'centre-page/call.file-failed' });
    return refusal(response.status, await response.json().catch(() => undefined));
  } catch {
    return ownError(0, { key: 'centre-page/call.unreachable' });
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
    throw ownError(0, { key: deadline.aborted ? 'centre-page/call.no-answer' : 'centre-page/call.unreachable' });
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw refusal(response.status, body);
  return body as Answer;
}

/** An error that the page itself found; its text is in the catalogue. */
function ownError(status: number, text: Message): ApiError {
  return new ApiError(status, text.key, text);
}

/** The error of an answer: the sentence of its problem document, or else its status. */
function refusal(status: number, body: unknown): ApiError {
  const {
    detail,
    title,
    detailI18n: text,
  } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const words = typeof detail === 'string' ? detail : typeof title === 'string' ? title : undefined;
  if (words === undefined)
    return ownError(status, { key: 'centre-page/call.status', values: { status: String(status) } });
  return new ApiError(status, words, messageIn(text));
}

/** An error's text as a part of a sentence; in the page's language, or else in English. */
export function wordsOf(texts: PageTexts, error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  return error instanceof ApiError ? texts.say(error.text, words) : words;
}

/** An error's text as a whole sentence. */
export function sentence(texts: PageTexts, error: unknown): string {
  return capital(wordsOf(texts, error));
}
