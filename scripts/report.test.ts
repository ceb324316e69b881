import { expect, test, vi } from 'vitest';
import { createReport, percentile, slope } from './report.ts';

test('a percentile is one of the measured values: the nearest rank', () => {
  const samples = [15, 20, 35, 40, 50];
  expect([5, 30, 40, 50, 100].map((p) => percentile(samples, p))).toEqual([15, 20, 20, 35, 50]);
  expect(percentile([7], 99)).toBe(7);
  expect(percentile([], 50)).toBeNaN();
  expect(() => percentile([1], 101)).toThrow(RangeError);
});

test('percentiles sort by number, not as text, and leave the samples unchanged', () => {
  const samples = [100, 9, 20];
  expect(percentile(samples, 100)).toBe(100);
  expect(samples).toEqual([100, 9, 20]);
});

test('a slope is the rise of the line of least squares from one sample to the next', () => {
  expect(slope([10, 12, 14, 16])).toBe(2);
  expect(slope([5, 1, 5, 1, 5])).toBe(0);
  expect(slope([3, 3, 9])).toBe(3);
  expect(slope([4])).toBeNaN();
  expect(slope([])).toBeNaN();
});

test('a goal is judged by the metric that it names, and a missed goal is not lowered', () => {
  const { goals } = createReport('x')
    .goal('alert_p99_ms', '<=', 20)
    .goal('missing', '=', 0)
    .goal('kills', '>=', 5)
    .metric('alert_p99_ms', 20.0004)
    .metric('missing', 1)
    .metric('kills', 5)
    .document();
  expect(goals).toEqual([
    { metric: 'alert_p99_ms', op: '<=', goal: 20, value: 20, met: true },
    { metric: 'missing', op: '=', goal: 0, value: 1, met: false },
    { metric: 'kills', op: '>=', goal: 5, value: 5, met: true },
  ]);
});

test('a figure that could not be measured is null and meets no goal', () => {
  const report = createReport('x')
    .metric('alert_p99_ms', Number.NaN)
    .goal('alert_p99_ms', '<=', 20)
    .goal('nowhere', '<=', 1);
  expect(report.document().metrics).toEqual({ alert_p99_ms: null });
  expect(report.document().goals.map(({ value, met }) => [value, met])).toEqual([
    [null, false],
    [null, false],
  ]);
});

test('the report is one line of JSON on standard output; the rest goes to standard error, and a missed goal ends with 1', () => {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const met = createReport('met')
      .samples(3)
      .metric('missing', 0)
      .peer('raw', { p50_ms: 1 / 3 })
      .goal('missing', '=', 0)
      .print();
    const missed = createReport('missed').metric('missing', 2).goal('missing', '=', 0).print();
    expect([met, missed]).toEqual([0, 1]);
    expect(out.mock.calls).toHaveLength(2);
    const text = String(out.mock.calls[0]?.[0]);
    expect(text.indexOf('\n')).toBe(text.length - 1);
    const document = JSON.parse(text);
    expect(Object.keys(document)).toEqual([
      'name',
      'machine',
      'versions',
      'at',
      'seconds',
      'samples',
      'metrics',
      'peers',
      'goals',
    ]);
    expect(document).toMatchObject({
      name: 'met',
      samples: 3,
      metrics: { missing: 0 },
      peers: { raw: { p50_ms: 0.333 } },
    });
    expect(document.versions.node).toBe(process.versions.node);
    expect(document.versions.kafkajs).toMatch(/^2\./);
    expect(document.machine.cores).toBeGreaterThan(0);
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
});
