import { expect, test } from 'vitest';
import type { Secrets } from '../site/secrets.ts';
import type { SinkConfig } from '../uplink/sink-kind.ts';
import type { EvidenceSettings } from './settings.ts';
import { uploadTarget } from './upload-target.ts';

const limit = { bytes_per_day: 1_000_000 };
const http: SinkConfig = { kind: 'http', name: 'centre', url: 'https://centre.example.org' };
const kafka: SinkConfig = { kind: 'kafka', brokers: ['kafka:9092'] };
const own = { receiver: { url: 'https://pictures.example.org' } };
const secrets: Secrets = { mqtt: {}, console: {} };
const targetOf = (uplink: readonly SinkConfig[], evidence?: EvidenceSettings) =>
  uploadTarget({ uplink, ...(evidence && { evidence }) }, secrets);

test.each<[string, string | undefined, readonly SinkConfig[], EvidenceSettings | undefined]>([
  ['to a metered uplink it counts there', 'centre', [kafka, { ...http, limit }], undefined],
  ['to an uplink without a limit it counts nowhere', undefined, [{ ...kafka, limit }, http], undefined],
  ['an empty limit is none', undefined, [{ ...http, limit: {} }], undefined],
  ['to a receiver of its own it counts to the line that is metered', 'kafka', [http, { ...kafka, limit }], own],
  ['and without one nowhere', undefined, [kafka], own],
])('%s', (_, link, uplink, evidence) => {
  expect(targetOf(uplink, evidence)!.link).toBe(link);
});
