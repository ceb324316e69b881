/** The version of this Forpost, as its package says. */
import { readFileSync } from 'node:fs';

export const version: string = (
  JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/**
 * This source was written then, ms since 1970: no clock that says less is right. There is no build that could stamp
 * it, and dates of files are those of their copying; so it stands here, raised with each release, and a test compares
 * it with the newest commit.
 */
export const notBefore = Date.UTC(2026, 10, 1);
