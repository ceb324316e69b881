/** How much evidence a gateway keeps, and for how long. */
import type { OutboxSettings } from '../outbox/settings.ts';
import type { EvidenceSettings } from './settings.ts';
import type { EvidenceLimits } from './store.ts';

const dayMs = 86_400_000;
const defaultMaxBytes = 2 * 1024 ** 3;
const defaultKeepDays = 30;
const defaultChatterDays = 3;
/** More than the outbox wants free: pictures are deleted long before readings. */
const defaultMinFreeBytes = 512 * 1024 ** 2;

export function evidenceLimits({
  evidence = {},
  outbox = {},
}: {
  readonly evidence?: EvidenceSettings;
  readonly outbox?: OutboxSettings;
}): EvidenceLimits {
  const { max_bytes: maxBytes, keep_days: keepDays, keep_chatter_days: chatterDays } = evidence;
  return {
    maxBytes: maxBytes ?? defaultMaxBytes,
    keepAlarmsMs: (keepDays ?? defaultKeepDays) * dayMs,
    keepChatterMs: (chatterDays ?? Math.min(defaultChatterDays, keepDays ?? defaultKeepDays)) * dayMs,
    minFreeBytes: outbox.min_free_bytes === undefined ? defaultMinFreeBytes : outbox.min_free_bytes * 2,
  };
}
