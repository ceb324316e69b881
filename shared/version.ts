/** The version of this Forpost, from its package. */
import { readFileSync } from 'node:fs';

export const version: string = (
  JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/**
 * When this source was written, ms since 1970: a clock that shows less is wrong. No build could stamp this time, and files
 * have the dates of their copying; so each release raises it by hand, and a test compares it with the newest commit.
 */
export const notBefore = Date.UTC(2026, 10, 1);
