/** The alarms that kept pictures tell of: what is left of those that the outbox no longer has. Pure. */
import type { PastAlarm } from '../alerts/past-alarms.ts';
import type { EvidenceRecord } from './store.ts';

/** One for each alarm; of pictures that do not say what they are of, what its id says. */
export function picturedAlarms(records: readonly EvidenceRecord[]): readonly PastAlarm[] {
  const found = new Map<string, PastAlarm>();
  for (const { alarms, told = [], camera, time, worth, id, sha256, size, kind, media } of records)
    for (const alarm of alarms) {
      const words = told.find((one) => one.alarm === alarm);
      const before = found.get(alarm);
      const rule = words?.rule ?? alarm.split('/', 1)[0] ?? '';
      found.set(alarm, {
        ...{ alarm, rule, device: camera, message: words?.message ?? rule },
        severity: words?.severity ?? (worth === 'alarm' ? 'warning' : 'info'),
        ...{ count: 1, test: words?.test ?? false, acknowledged: false },
        raised: Math.min(words?.raised ?? time, before?.raised ?? Number.POSITIVE_INFINITY),
        ended: undefined,
        evidence: [...(before?.evidence ?? []), { id, sha256, size, kind, media }],
      });
    }
  return [...found.values()];
}
