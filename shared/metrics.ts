/** Describes a registry of metrics for the reference, without a scrape. Shapes as in prom-client. */

export interface DescribedMetric {
  readonly name: string;
  /** gauge, counter, histogram or summary */
  readonly kind: string;
  readonly labels: readonly string[];
  readonly help: string;
}

interface RegisteredMetric {
  readonly name: string;
  readonly type: unknown;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

/** In the order in which they were registered. */
export function describedMetrics(registry: { getMetricsAsArray(): readonly object[] }): readonly DescribedMetric[] {
  return registry.getMetricsAsArray().map((metric) => {
    const { name, type, help, labelNames = [] } = metric as RegisteredMetric;
    return { name, kind: String(type), labels: labelNames, help };
  });
}
