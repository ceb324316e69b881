/** How long the other side of a channel wants to be left alone (RFC 9110, 10.2.3): seconds, or an HTTP date. */

/** Longer than that nobody is left alone: people wait for their alarms. */
const mostRetryAfterMs = 60 * 60_000;

/**
 * ms, undefined where the header is missing or says nothing. A date is told from the answer's own `date`, whose clock it
 * is of.
 */
export function retryAfterMs(header: string | undefined, date: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const at = Date.parse(text);
  const now = date === undefined ? Number.NaN : Date.parse(date);
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : at - (Number.isNaN(now) ? Date.now() : now);
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(0, waitMs), mostRetryAfterMs);
}
