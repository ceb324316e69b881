import { expect, test } from 'vitest';
import { advertised, brokerProblem, kafkajsBrokers, parseBroker, realHost, remoteBrokers } from './brokers.ts';

test.each([
  ['kafka.example.org:9092', 'kafka.example.org', 9092],
  ['10.0.0.1:65535', '10.0.0.1', 65_535],
  ['[::1]:9092', '::1', 9092],
  ['[2001:DB8::7:1]:9093', '2001:DB8::7:1', 9093],
  ['[::ffff:10.0.0.1]:9092', '::ffff:10.0.0.1', 9092],
])('%s is a valid broker address, and reaches the socket unchanged', (text, host, port) => {
  expect(parseBroker(text)).toEqual({ host, port });
  expect(brokerProblem(text)).toBeUndefined();
  // kafkajs splits at the first colon
  const [given = ''] = kafkajsBrokers([text]);
  expect(realHost(given.split(':')[0] ?? '').toLowerCase()).toBe(host.toLowerCase());
  expect(Number(given.split(':')[1])).toBe(port);
});

test.each([
  'kafka',
  'kafka:',
  ':9092',
  'kafka:0',
  'kafka:70000',
  '::1',
  '::1:9092',
  '[kafka]:9092',
  '[::1]',
  'a b:1',
  'http://kafka:9092',
])('%s is not a broker address, and the reason is given', (text) => {
  expect(parseBroker(text)).toBeUndefined();
  expect(brokerProblem(text)).toContain(text);
});

test('brokers of this machine are recognised in every notation', () => {
  const here = ['localhost:1', '127.0.0.1:1', '127.9.9.9:1', '[::1]:1', '[::ffff:127.0.0.1]:1'];
  expect(remoteBrokers([...here, 'kafka:1', '[fd00::1]:1', '10.0.0.1:1'])).toEqual([
    'kafka:1',
    '[fd00::1]:1',
    '10.0.0.1:1',
  ]);
});

test('a broker counts as advertised by Kafka when the configuration lacks it', () => {
  const configured = ['kafka-1:9092', '[::1]:9092'];
  for (const own of ['kafka-1:9092', 'ipv6---1.invalid:9092', '::1:9092'])
    expect(advertised(own, configured)).toBeUndefined();
  expect(advertised('kafka-1:9093', configured)).toBe('kafka-1:9093');
  expect(advertised('fd00::2:9092', configured)).toBe('[fd00::2]:9092');
});
