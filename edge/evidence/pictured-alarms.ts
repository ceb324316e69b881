/** The alarms that kept pictures name: the outbox may no longer have them. Pure. */
import type { PastAlarm } from '../alerts/past-alarms.ts';
import type { EvidenceRecord } from './store.ts';

/** One entry for each alarm. Where a picture does not say what its alarm was, the rule is taken from the alarm's id. */
export function picturedAlarms(records: readonly EvidenceRecord[]): readonly PastAlarm[] {
  const found = new Map<string, PastAlarm>();
  for (const { alarms, told = [], camera, time, worth, id, sha256, size, kind, media } of records)
    for (const alarm of alarms) {
      const words = told.find((one) => one.alarm === alarm);
      const before = found.get(alarm);
      const rule = words?.rule ?? alarm.split('/', 1)[0] ?? '';
      found.set(alarm, {
        alarm,
        rule,
        device: camera,
        message: words?.message ?? rule,
        severity: words?.severity ?? (worth === 'alarm' ? 'warning' : 'info'),
        count: 1,
        test: words?.test ?? false,
        acknowledged: false,
        raised: Math.min(words?.raised ?? time, before?.raised ?? Number.POSITIVE_INFINITY),
        ended: undefined,
        evidence: [...(before?.evidence ?? []), { id, sha256, size, kind, media }],
      });
    }
  return [...found.values()];
}
