/**
 * Structured logs (pino): one line for each event that an operator would act on, with ids. The calling thread writes, so
 * that the last line before a crash is not lost; that is fast enough, because no code logs once a message.
 */

import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { Clock } from './clock.ts';

export type { Logger } from 'pino';

/** A logger for one process. `level`: trace, debug, info, warn, error, fatal or silent. */
export function createLogger(
  name: string,
  level = process.env.FORPOST_LOG_LEVEL ?? 'info',
  to?: DestinationStream,
): Logger {
  return pino(
    {
      name,
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // remove credentials from logs, at any depth of an object
      redact: { paths: ['password', '*.password', 'token', '*.token', 'url.password'], censor: '…' },
    },
    to ?? destination({ fd: 2, sync: true }),
  );
}

/** A logger that says nothing, for tests. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}

/** `text` without the passwords of the addresses in it: rtsp://user:secret@host -> rtsp://user:…@host. */
export function redactUrls(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]*@/gi, '$1:…@');
}

const quietMs = 60_000;
const mostKeys = 1000;
const mostLinesAMinute = 200;

/**
 * For lines that outside causes set off (a device, a stranger on the network, a full disk): one of each kind a minute, and
 * the next one says how many were omitted. `key`: the kind. A log must not fill the disk that the events need: beyond 200
 * lines of all kinds a minute nothing is logged.
 */
export class SparingLogger {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #logged = new Map<string, { readonly at: number; suppressed: number }>();
  #minute = Number.NEGATIVE_INFINITY;
  #lines = 0;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  warn(key: string, fields: object, message: string): void {
    this.#log('warn', key, fields, message);
  }

  error(key: string, fields: object, message: string): void {
    this.#log('error', key, fields, message);
  }

  #log(level: 'warn' | 'error', key: string, fields: object, message: string): void {
    const now = this.#clock.uptime();
    const known = this.#logged.get(key);
    if (known !== undefined && now - known.at < quietMs) {
      known.suppressed++;
      return;
    }
    if (now - this.#minute >= quietMs) {
      this.#minute = now;
      this.#lines = 0;
    }
    if (++this.#lines > mostLinesAMinute) return;
    this.#logged.delete(key);
    this.#logged.set(key, { at: now, suppressed: 0 });
    const oldest = this.#logged.keys().next();
    if (this.#logged.size > mostKeys && !oldest.done) this.#logged.delete(oldest.value);
    const unsaid = known?.suppressed ?? 0;
    this.#logger[level](unsaid > 0 ? { ...fields, unsaid } : fields, message);
  }
}
