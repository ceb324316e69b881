/**
 * Structured logs (pino): one line an event that an operator would act on, with ids. Written in the calling thread,
 * so that the last line before a crash is not lost; nothing logs once a message, which is what would make that slow.
 */
import { type DestinationStream, destination, type Logger, pino } from 'pino';

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
      // credentials never appear in a log, wherever in an object they stand
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
