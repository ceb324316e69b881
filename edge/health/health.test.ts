import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, test } from 'vitest';
import { deviceStatus, FakeSource, gatewayStatus } from '../console/testing/source.ts';
import { GatewayHealth } from './health.ts';
import { well } from './host/testing/readings.ts';
import { GatewayMetrics } from './metrics.ts';
import type { GatewaySnapshot } from './snapshot.ts';

function health() {
  const clock = new FakeClock();
  const outbox = { commits: 5, queued: 0 };
  const notReady: string[] = [];
  return {
    clock,
    outbox,
    notReady,
    health: new GatewayHealth({ outbox: () => outbox, notReady: () => notReady, clock }),
  };
}

test('a gateway with nothing to store is alive however long that lasts', async () => {
  const { clock, health: it } = health();
  await it.start();
  clock.advance(86_400_000);
  expect(it.alive()).toEqual({ ok: true, reasons: [] });
  await it.stop();
});

test('a gateway whose slow disk commits now and then is alive; after 30 s without a commit it is not', async () => {
  const { clock, outbox, health: it } = health();
  await it.start();
  outbox.queued = 100;
  for (let i = 0; i < 10; i++) {
    outbox.commits++;
    clock.advance(20_000);
    expect(it.alive().ok).toBe(true);
  }
  clock.advance(40_000);
  expect(it.alive().ok).toBe(false);
  expect(it.alive().reasons[0]).toMatch(/^the outbox has committed nothing for \d+ s$/);
  expect(it.ready().ok).toBe(false);
  outbox.commits++;
  expect(it.alive().ok).toBe(true);
  await it.stop();
});

test('the gateway is ready when every part that it waits for is up', async () => {
  const { notReady, health: it } = health();
  await it.start();
  notReady.push('the broker does not listen yet');
  expect(it.ready()).toEqual({ ok: false, reasons: ['the broker does not listen yet'] });
  expect(it.alive().ok).toBe(true);
  notReady.pop();
  expect(it.ready().ok).toBe(true);
  await it.stop();
});

function snapshotOf(messages: number): GatewaySnapshot {
  return {
    status: gatewayStatus({
      devices: [deviceStatus('meter', { messages, deadLetters: 2 }), deviceStatus('door', { lastSeen: null })],
      uplinks: [
        { sink: 'centre', state: 'draining', since: '', reason: '', events: 12, bytes: 3400, eventsPerSecond: 5 },
      ],
      cameras: [{ id: 'yard', name: 'Yard', state: 'live', reason: '', framesPerSecond: 4.9, detector: 'motion' }],
    }),
    outbox: new FakeSource().outbox(),
    broker: {
      connections: 3,
      connectionsTotal: 4,
      busyLogins: 1,
      lobby: { waiting: 2, pushedOut: 3, late: 4, notMqtt: 5, refused: 6 },
      failedLogins: 5,
      publishes: 6,
      acknowledged: 7,
      refused: 8,
      forbidden: 9,
      oversized: 10,
      malformed: 0,
      failedConnections: 0,
      frozen: 0,
      silent: 0,
      tooLarge: 0,
      dropped: 0,
      redelivered: 0,
      sessions: 0,
      queued: 0,
      retained: 0,
      bytesIn: 11,
      bytesOut: 12,
    },
    unstored: { waiting: 0, lost: 3, collapsed: 4 },
    evidence: {
      bytes: 5000,
      items: 3,
      maxBytes: 10_000,
      droppedForAge: 1,
      droppedForRoom: 2,
      notKept: 0,
      views: 4,
      uploads: { waiting: 1, sent: 5, failedTries: 6, givenUp: 7 },
    },
    visionResidentBytes: 123_000_000,
    host: { reading: { ...well, power: { unknown: 'not told' } }, ageMs: 30_000, daysLeft: 6.5 },
    ruleErrors: { overload: 1 },
    activeAlarms: { info: 0, warning: 2, critical: 0 },
  };
}

test('a scrape shows the gateway at that moment, in base units', async () => {
  let messages = 7;
  const metrics = new GatewayMetrics(() => snapshotOf(messages));
  const lines = (await metrics.render()).split('\n');
  expect(metrics.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const line of [
    '# TYPE forpost_device_messages_total counter',
    'forpost_device_messages_total{device="meter"} 7',
    'forpost_device_dead_letters_total{device="meter"} 2',
    'forpost_device_last_seen_timestamp_seconds{device="meter"} 1780315440',
    'forpost_outbox_longest_commit_seconds 0.012',
    'forpost_outbox_last_sync_seconds 0.0009',
    'forpost_outbox_written_bytes_per_day 120000000',
    'forpost_outbox_days_left 41.5',
    'forpost_outbox_free_disk_bytes 6000000000',
    'forpost_outbox_shed_events_total 0',
    'forpost_unstored_events_lost_total 3',
    'forpost_uplink_state{sink="centre",state="draining"} 1',
    'forpost_uplink_state{sink="centre",state="live"} 0',
    'forpost_uplink_waiting_bytes{sink="centre"} 3400',
    'forpost_camera_state{camera="yard",state="live"} 1',
    'forpost_alarms_active{severity="warning"} 2',
    'forpost_rule_errors_total{rule="overload"} 1',
    'forpost_broker_withheld_total 8',
    'forpost_clock_synced 1',
    'forpost_evidence_bytes 5000',
    'forpost_evidence_limit_bytes 10000',
    'forpost_evidence_items 3',
    'forpost_evidence_dropped_total{reason="age"} 1',
    'forpost_evidence_dropped_total{reason="room"} 2',
    'forpost_evidence_views_total 4',
    'forpost_evidence_uploads_waiting 1',
    'forpost_evidence_uploads_total{result="given_up"} 7',
    'forpost_evidence_upload_failures_total 6',
    'forpost_vision_resident_memory_bytes 123000000',
    'forpost_host_reading_age_seconds 30',
    'forpost_host_known{part="power"} 0',
    'forpost_host_known{part="disk"} 1',
    'forpost_host_temperature_celsius{sensor="cpu_thermal"} 50',
    'forpost_host_load5 0.5',
    'forpost_host_memory_available_bytes 2000000000',
    'forpost_host_filesystem_avail_bytes 20000000000',
    'forpost_host_filesystem_days_left 6.5',
    'forpost_host_filesystem_readonly 0',
    'forpost_host_disk_life_used_ratio{device="mmcblk0"} 0.2',
    'forpost_host_network_up{device="eth0"} 1',
    'forpost_host_network_errors_total{device="eth0"} 0',
    'forpost_host_oom_kills_total 5',
  ])
    expect(lines).toContain(line);
  expect(lines.some((line) => line.startsWith('process_resident_memory_bytes '))).toBe(true);
  expect(lines.some((line) => line.startsWith('nodejs_eventloop_lag_seconds '))).toBe(true);
  // an unknown figure has no series, instead of a 0
  expect(lines.some((line) => line.startsWith('forpost_host_undervoltage '))).toBe(false);
  expect(lines.some((line) => line.includes('last_seen') && line.includes('door'))).toBe(false);
  messages = 9;
  expect(await metrics.render()).toContain('forpost_device_messages_total{device="meter"} 9\n');
});

test('a figure that is not known has no value: 0 days of room would be an alarm', async () => {
  const { host: _, outbox, ...others } = snapshotOf(1);
  const metrics = new GatewayMetrics(() => ({
    ...others,
    outbox: { ...outbox, room: { ...outbox.room, daysLeft: null } },
  }));
  const lines = (await metrics.render()).split('\n');
  expect(lines.filter((line) => /^forpost_(outbox_days_left|host_\w+) /.test(line))).toEqual([]);
});
