/** Chooses the series that a chart can be drawn of. Pure. */
import type { KnownGateway } from '../gateways/directory.ts';
import type { DeviceMetric } from './metrics.ts';
import { longestChannel, metricPatternText } from './schemas.ts';

const metricPattern = new RegExp(metricPatternText);

/**
 * The series of a chart's choice, each once. A name that GET /api/v1/series refuses is left out. A device that sent under
 * several sites is one device, at the site of its gateway.
 */
export function drawable(
  metrics: readonly DeviceMetric[],
  gateways: { get(id: string): KnownGateway | undefined },
): readonly DeviceMetric[] {
  const known = new Map<string, DeviceMetric>();
  for (const one of metrics) {
    const { gateway, device, channel, metric } = one;
    if (device === '' || channel.length > longestChannel || !metricPattern.test(metric)) continue;
    const name = JSON.stringify([gateway, device, channel, metric]);
    if (!known.has(name) || gateways.get(gateway)?.site === one.site) known.set(name, one);
  }
  return [...known.values()];
}
