/**
 * The page's texts in the reader's language. The page's own texts are loaded before anything is drawn; the texts of messages
 * that the gateway sends are loaded with the first status, after the first paint. A language chosen in the page's head is
 * remembered by the browser, and used after the page has reloaded.
 *
 * Always: a browser loads one language. Until the texts of messages are loaded, and where they cannot be, `say` shows the
 * words that came with a message; they are English. Outside a browser (the command line, tests) the texts are English.
 */
import { pageLanguage } from '@forpost/shared/texts/browser-language.ts';
import type { Language } from '@forpost/shared/texts/language.ts';
import { type Texts, texts } from '@forpost/shared/texts/texts.ts';

/** A slow file of texts delays a status by at most this long. */
const longestWaitMs = 10_000;

const language: Language = 'document' in globalThis ? pageLanguage() : 'en';
const files = {
  en: { own: () => import('./texts/own-en.ts'), sent: () => import('./texts/sent-en.ts') },
  ru: { own: () => import('./texts/own-ru.ts'), sent: () => import('./texts/sent-ru.ts') },
} satisfies Record<Language, unknown>;

const { own } = await files[language].own();

export const page = texts(language, own);
export const { t, formats } = page;

/** The page's own texts and those of messages, once they are loaded. */
let all: Pick<Texts, 'say'> = page;
let loading: Promise<void> | undefined;

/** A message of the gateway in the reader's language; `otherwise` while its text is unknown. */
export const say: Texts['say'] = (message, otherwise) => all.say(message, otherwise);

/**
 * Loads the texts of messages, once. Resolves when the page may show messages: at once for English, because the words of
 * messages are English; else when the texts are loaded, cannot be loaded (the next call tries again), or are late.
 */
export async function sentTexts(): Promise<void> {
  loading ??= load();
  if (language === 'en') return;
  const late = new Promise<void>((resolve) => setTimeout(resolve, longestWaitMs));
  await Promise.race([loading, late]);
}

async function load(): Promise<void> {
  try {
    const { sent } = await files[language].sent();
    all = texts(language, { ...own, ...sent });
  } catch {
    loading = undefined;
  }
}
