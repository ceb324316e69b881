/**
 * The metrics that devices sent within the last week, for the choice of a chart.
 *
 * Always: at most `maxMetrics` in all and `maxMetricsOfGateway` of one gateway, so that one gateway with countless
 * names pushes out no other.
 */
import { readFileSync } from 'node:fs';
import type { HistoryQuestion } from '../history/question.ts';

export interface DeviceMetric {
  readonly site: string;
  readonly gateway: string;
  readonly device: string;
  /** empty where the device has none */
  readonly channel: string;
  readonly metric: string;
}

const windowMs = 7 * 86_400_000;
const maxMetrics = 100_000;
const maxMetricsOfGateway = 5_000;

export const recentMetrics: HistoryQuestion<void, readonly DeviceMetric[], DeviceMetric> = {
  clickhouse: {
    statement: readFileSync(new URL('./metrics.sql', import.meta.url), 'utf8'),
    projected: true,
    parameters: (_, nowMs) => ({
      since: nowMs - windowMs,
      limit: maxMetrics,
      most_of_gateway: maxMetricsOfGateway,
    }),
    answer: (rows) => rows,
  },
  memory: (events, _, nowMs) => {
    const known = new Map<string, DeviceMetric>();
    for (const { event, storedMs, channel, values } of events) {
      if (storedMs < nowMs - windowMs) continue;
      const { site, gateway, subject: device = '' } = event;
      for (const metric of Object.keys(values)) {
        const entry = { site, gateway, device, channel, metric };
        known.set(JSON.stringify(Object.values(entry)), entry);
      }
    }
    return [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  },
};
