/** The limits of the outbox, from gateway.yaml. An absent key leaves the outbox's own default. */
import type { OutboxSettings } from '../../settings.ts';
import type { OutboxLimits } from './outbox-options.ts';

const dayMs = 86_400_000;

export function outboxLimits({ outbox = {} }: { readonly outbox?: OutboxSettings }): Partial<OutboxLimits> {
  const { max_bytes: maxBytes, min_free_bytes: minFree, keep_delivered_days: days, shed_after_s: shedAfter } = outbox;
  return {
    ...(maxBytes === undefined ? {} : { maxBytes }),
    minFreeBytes: minFree ?? null,
    ...(days === undefined ? {} : { keepDeliveredMs: days * dayMs }),
    ...(shedAfter === undefined ? {} : { shedAfterMs: shedAfter * 1000 }),
  };
}
