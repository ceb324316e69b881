/** The page of both /metrics, from the metrics that the code registers. */
import type { DescribedMetric } from '@forpost/shared/metrics.ts';
import { CentreMetrics } from '../../cloud/health/metrics.ts';
import { GatewayMetrics } from '../../edge/health/metrics.ts';
import { code, madeBy, table, words } from './markdown.ts';
import { placeholder } from './placeholder.ts';

export function metricsPage(): string {
  const sides = [
    ['The gateway', new GatewayMetrics(() => placeholder())],
    ['The centre', new CentreMetrics(() => placeholder())],
  ] as const;
  return `# Metrics
${madeBy}

Both sides serve \`/metrics\` in Prometheus’ text format, for a log-in or the metrics token. Names follow Prometheus’ conventions: base units, and \`_total\` for what only grows. Beside these metrics stand those of the process itself (\`process_…\`, \`nodejs_…\`).

${sides.map(([title, metrics]) => `## ${title}\n${rows(metrics.described())}`).join('\n\n')}
`;
}

function rows(metrics: readonly DescribedMetric[]): string {
  const own = metrics.filter(({ name }) => name.startsWith('forpost_')).sort((a, b) => a.name.localeCompare(b.name));
  return table(
    ['name', 'kind', 'labels', 'meaning'],
    own.map(({ name, kind, labels, help }) => [code(name), kind, labels.map(code).join(', '), words(help)]),
  );
}
