/** Reads the Retry-After header of a channel's other side (RFC 9110, 10.2.3): seconds, or an HTTP date. */

/** A channel never waits longer, because people wait for their alarms. */
const mostRetryAfterMs = 60 * 60_000;

/**
 * How long to wait, ms; undefined where the header is missing or malformed. A date counts from the answer's own `date`
 * header, which comes from the same clock.
 */
export function retryAfterMs(header: string | undefined, date: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const at = Date.parse(text);
  const now = date === undefined ? Number.NaN : Date.parse(date);
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : at - (Number.isNaN(now) ? Date.now() : now);
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(0, waitMs), mostRetryAfterMs);
}
