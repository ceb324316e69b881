import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeCertificates } from '../../scripts/kafka/certificates.ts';
import { checkCloud } from './check.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-cloud-check-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function check(text: string) {
  const file = join(folder, 'cloud.yaml');
  await writeFile(file, text);
  return checkCloud(file);
}

test('a mistake in the file is a problem with its place', async () => {
  const { problems, summary } = await check(
    'data: data\nhttp: { host: 0.0.0.0 }\nnotify: [{ id: a, kind: mail, url: x }]\n',
  );
  expect(problems.join('\n')).toContain('cloud.yaml:3:');
  expect(summary).toBe('');
});

test('things that do not work now are warnings, and do not prevent a start', async () => {
  const certificates = await makeCertificates();
  const posts: string[] = [];
  const desk = createServer((request, response) => {
    posts.push(request.method ?? '');
    response.writeHead(405).end();
  });
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve));
  const { certificate, key } = certificates.expired;
  const { problems, warnings, summary } = await check(`data: .
http: { tls: { certificate: ${certificate}, key: ${key} } }
kafka: { brokers: ['127.0.0.1:1'] }
notify:
  - { id: desk, kind: webhook, url: 'http://127.0.0.1:${(desk.address() as AddressInfo).port}/' }
  - { id: nobody, kind: webhook, url: 'https://127.0.0.1:1/' }
  - { id: unknown, kind: webhook, url: 'https://no-such-desk.invalid/' }
`);
  desk.close();
  await certificates.remove();
  expect(problems).toEqual([]);
  expect(warnings).toEqual([
    expect.stringMatching(/^notify: webhook nobody \(https:\/\/127\.0\.0\.1:1\) cannot be reached: .*ECONNREFUSED/),
    expect.stringMatching(/^notify: webhook unknown \(.*\) cannot be reached: .*DNS/),
    expect.stringMatching(/^kafka: .*ECONNREFUSED/),
    expect.stringMatching(/^http\.tls: the certificate has ended on 2020-01-01/),
  ]);
  expect(posts).not.toContain('POST');
  expect(summary).toMatch(
    /^centre: page by https, Kafka at 127.0.0.1:1, embedded history, 3 channels \(webhook to http:\/\/127.0.0.1:\d+; webhook to https:\/\/127.0.0.1:1; webhook to https:\/\/no-such-desk.invalid\)$/,
  );
  // the check writes nothing
  expect(await readdir(folder)).toEqual(['cloud.yaml']);
});

test('a users file without a user and a centre without a channel are warnings', async () => {
  await writeFile(join(folder, 'users.json'), '');
  expect((await check('data: .\nhttp: {}\n')).warnings).toEqual([
    'notify: nobody is notified of an alarm, because no channel is configured',
    expect.stringMatching(/^nobody can log in: .*users\.json is damaged \(it is empty\)/),
  ]);
});
