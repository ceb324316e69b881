/**
 * The gateway's metrics in Prometheus' text format, names by its conventions: `forpost_…`, base units (seconds,
 * bytes), `_total` for what only grows.
 *
 * Always: nothing is counted here: each scrape takes one snapshot and reads all values from it, so that no hot path
 * knows of metrics. Labels are ids of the configuration, so the number of series is bounded by the configuration.
 */
import { type DescribedMetric, describedMetrics } from '@forpost/shared/metrics.ts';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { hostCounters, hostGauges } from './host/host-metrics.ts';
import type { GatewaySnapshot } from './snapshot.ts';

type Labels = Readonly<Record<string, string>>;
type Series = Iterable<readonly [Labels, number]>;

const uplinkStates = ['offline', 'probing', 'draining', 'live', 'off'] as const;
const cameraStates = ['connecting', 'live', 'stalled', 'refused', 'unreachable', 'off'] as const;

export class GatewayMetrics {
  readonly #registry = new Registry();
  readonly #source: () => GatewaySnapshot;
  #snapshot: GatewaySnapshot | undefined;

  constructor(source: () => GatewaySnapshot) {
    this.#source = source;
    // process_resident_memory_bytes, nodejs_eventloop_lag_seconds, …
    collectDefaultMetrics({ register: this.#registry });
    this.#describe();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Name, kind, labels and help of each metric, without a scrape. */
  described(): readonly DescribedMetric[] {
    return describedMetrics(this.#registry);
  }

  /** The text of one scrape. */
  async render(): Promise<string> {
    this.#snapshot = this.#source();
    return this.#registry.metrics();
  }

  #describe(): void {
    const one = (value: number): Series => [[{}, value]];
    const known = (value: number | null): Series => (value === null ? [] : one(value));

    this.#gauge(
      'forpost_info',
      'Always 1; the labels name site, gateway and version',
      ['site', 'gateway', 'version'],
      ({ status }) => [[{ site: status.site, gateway: status.gateway, version: status.version }, 1]],
    );
    this.#gauge('forpost_clock_synced', '1 where the system clock is synchronised', [], ({ status }) =>
      one(status.clock === 'synced' ? 1 : 0),
    );
    this.#gauge('forpost_problems', 'Problems that the page shows now', [], ({ status }) =>
      one(status.problems.length),
    );

    this.#gauge('forpost_broker_connections', 'Connected MQTT clients', [], (s) => one(s.broker.connections));
    this.#counter('forpost_broker_connections_total', 'MQTT connections accepted', [], (s) =>
      one(s.broker.connectionsTotal),
    );
    this.#counter('forpost_broker_failed_logins_total', 'MQTT log-ins refused', [], (s) => one(s.broker.failedLogins));
    this.#counter(
      'forpost_broker_busy_logins_total',
      'MQTT connections closed without CONNACK, because too many log-ins came at once',
      [],
      (s) => one(s.broker.busyLogins),
    );
    this.#gauge('forpost_broker_before_login', 'MQTT connections before their log-in', [], (s) =>
      one(s.broker.lobby.waiting),
    );
    const closed = 'MQTT connections closed before their log-in, by reason';
    this.#counter('forpost_broker_closed_before_login_total', closed, ['reason'], ({ broker: { lobby } }) => [
      [{ reason: 'room' }, lobby.pushedOut],
      [{ reason: 'late' }, lobby.late],
      [{ reason: 'not-mqtt' }, lobby.notMqtt],
      [{ reason: 'refused' }, lobby.refused],
    ]);
    this.#counter('forpost_broker_publishes_total', 'Publishes received from devices', [], (s) =>
      one(s.broker.publishes),
    );
    this.#counter('forpost_broker_acknowledged_total', 'Publishes acknowledged, each after its commit', [], (s) =>
      one(s.broker.acknowledged),
    );
    this.#counter(
      'forpost_broker_withheld_total',
      'Publishes not acknowledged, because they were not committed',
      [],
      (s) => one(s.broker.refused),
    );
    this.#counter(
      'forpost_broker_forbidden_total',
      'Publishes and subscriptions refused, because the log-in has no right to the topic',
      [],
      (s) => one(s.broker.forbidden),
    );
    this.#counter(
      'forpost_broker_oversized_total',
      'MQTT packets refused, because they are longer than allowed',
      [],
      (s) => one(s.broker.oversized),
    );
    this.#counter('forpost_broker_malformed_total', 'Packets that broke the MQTT protocol', [], (s) =>
      one(s.broker.malformed),
    );
    this.#counter(
      'forpost_broker_failed_connections_total',
      'Connections ended by an error that nobody handled: a defect',
      [],
      (s) => one(s.broker.failedConnections),
    );
    this.#counter(
      'forpost_broker_frozen_subscribers_total',
      'Subscribers disconnected, because they did not read what was sent',
      [],
      (s) => one(s.broker.frozen),
    );
    this.#counter(
      'forpost_broker_silent_clients_total',
      'Clients disconnected, because they sent nothing for 1.5 times their keep-alive',
      [],
      (s) => one(s.broker.silent),
    );
    this.#counter(
      'forpost_broker_too_large_total',
      'Messages not sent to an MQTT 5 subscriber, because they exceed its maximum packet size',
      [],
      (s) => one(s.broker.tooLarge),
    );
    this.#counter(
      'forpost_broker_dropped_total',
      'Messages for absent subscribers that were dropped at the limit of their queues',
      [],
      (s) => one(s.broker.dropped),
    );
    this.#counter(
      'forpost_broker_redelivered_total',
      'Publishes redelivered that were stored before: only acknowledged again',
      [],
      (s) => one(s.broker.redelivered),
    );
    this.#gauge('forpost_broker_sessions', 'Persistent MQTT sessions that are kept', [], (s) => one(s.broker.sessions));
    this.#gauge('forpost_broker_queued_messages', 'Messages queued for persistent sessions', [], (s) =>
      one(s.broker.queued),
    );
    this.#gauge('forpost_broker_retained_messages', 'Retained MQTT messages', [], (s) => one(s.broker.retained));
    this.#counter('forpost_broker_received_bytes_total', 'Bytes received over MQTT', [], (s) => one(s.broker.bytesIn));
    this.#counter('forpost_broker_sent_bytes_total', 'Bytes sent over MQTT', [], (s) => one(s.broker.bytesOut));

    this.#counter('forpost_outbox_events_total', 'Events committed to the outbox', [], (s) =>
      one(s.outbox.committedEvents),
    );
    this.#counter('forpost_outbox_repeated_events_total', 'Events dropped because they were stored already', [], (s) =>
      one(s.outbox.repeatedEvents),
    );
    this.#counter('forpost_outbox_commits_total', 'Transactions of the outbox', [], (s) => one(s.outbox.commits));
    this.#gauge('forpost_outbox_queued_entries', 'Entries that wait to be committed to the outbox', [], (s) =>
      one(s.outbox.queued),
    );
    this.#gauge('forpost_outbox_last_commit_seconds', 'Duration of the outbox’s last commit', [], (s) =>
      one(s.outbox.lastCommitMs / 1000),
    );
    this.#gauge('forpost_outbox_longest_commit_seconds', 'Longest commit of the outbox in the last minute', [], (s) =>
      one(s.outbox.longestCommitMs / 1000),
    );
    this.#gauge('forpost_outbox_file_bytes', 'Size of the outbox file', [], (s) => one(s.outbox.fileBytes));
    this.#gauge('forpost_outbox_last_sync_seconds', 'Duration of the last write and sync of the outbox', [], (s) =>
      one(s.outbox.lastSyncMs / 1000),
    );
    this.#gauge(
      'forpost_outbox_longest_sync_seconds',
      'Longest write and sync of the outbox in the last minute',
      [],
      (s) => one(s.outbox.longestSyncMs / 1000),
    );
    this.#gauge('forpost_outbox_used_bytes', 'Bytes that events take within the outbox file', [], (s) =>
      one(s.outbox.room.usedBytes),
    );
    this.#gauge('forpost_outbox_limit_bytes', 'Bytes that events may take within the outbox file', [], (s) =>
      one(s.outbox.room.maxBytes),
    );
    this.#gauge('forpost_outbox_free_disk_bytes', 'Free bytes on the outbox’s disk', [], (s) =>
      known(s.outbox.room.freeDiskBytes),
    );
    this.#gauge('forpost_outbox_disk_full', '1 where a write of the outbox failed, because the disk is full', [], (s) =>
      one(s.outbox.room.diskFull ? 1 : 0),
    );
    this.#gauge(
      'forpost_outbox_ballast_bytes',
      'Size of the file that is deleted to make room when the disk is full',
      [],
      (s) => one(s.outbox.room.ballastBytes),
    );
    this.#gauge('forpost_outbox_days_left', 'Days until readings are shed, at the rate of the last hour', [], (s) =>
      known(s.outbox.room.daysLeft),
    );
    this.#counter('forpost_outbox_shed_events_total', 'Undelivered events deleted to make room', [], (s) =>
      one(s.outbox.room.shedEvents),
    );
    this.#counter('forpost_outbox_written_bytes_total', 'Bytes that the outbox’s thread wrote to the disk', [], (s) =>
      known(s.outbox.room.writtenBytes),
    );
    this.#gauge(
      'forpost_outbox_written_bytes_per_day',
      'Bytes a day that the outbox’s thread writes to the disk, at the rate of the last hour',
      [],
      (s) => known(s.outbox.room.writtenBytesADay),
    );
    this.#gauge('forpost_unstored_events', 'Events of the gateway itself that wait in memory for the outbox', [], (s) =>
      one(s.unstored.waiting),
    );
    this.#counter(
      'forpost_unstored_events_lost_total',
      'Events of the gateway itself that were lost, because too many waited in memory',
      [],
      (s) => one(s.unstored.lost),
    );
    this.#counter(
      'forpost_unstored_updates_collapsed_total',
      'Updates of an alarm not stored, because a later one replaced them in memory',
      [],
      (s) => one(s.unstored.collapsed),
    );
    this.#counter(
      'forpost_outbox_dead_letters_total',
      'Messages that cannot be processed, kept with the reason',
      [],
      (s) => one(s.outbox.deadLetters),
    );

    const uplink = ['sink'] as const;
    this.#gauge(
      'forpost_uplink_state',
      '1 for the present state of the uplink, 0 for the others',
      ['sink', 'state'],
      ({ status }) => status.uplinks.flatMap(({ sink, state }) => oneHot(uplinkStates, state, { sink })),
    );
    this.#gauge('forpost_uplink_waiting_events', 'Events that wait for an uplink', uplink, ({ status }) =>
      status.uplinks.map(({ sink, events }) => [{ sink }, events] as const),
    );
    this.#gauge('forpost_uplink_waiting_bytes', 'Bytes that wait for an uplink', uplink, ({ status }) =>
      status.uplinks.map(({ sink, bytes }) => [{ sink }, bytes] as const),
    );
    this.#gauge('forpost_uplink_events_per_second', 'Events that an uplink sends a second', uplink, ({ status }) =>
      status.uplinks.map(({ sink, eventsPerSecond }) => [{ sink }, eventsPerSecond] as const),
    );

    this.#gauge(
      'forpost_camera_state',
      '1 for the present state of the camera, 0 for the others',
      ['camera', 'state'],
      ({ status }) => status.cameras.flatMap(({ id, state }) => oneHot(cameraStates, state, { camera: id })),
    );
    this.#gauge(
      'forpost_camera_frames_per_second',
      'Frames of a camera that are analysed a second',
      ['camera'],
      ({ status }) => status.cameras.map(({ id, framesPerSecond }) => [{ camera: id }, framesPerSecond] as const),
    );
    this.#gauge('forpost_vision_resident_memory_bytes', 'Resident memory of the vision process', [], (s) =>
      s.visionResidentBytes === undefined ? [] : one(s.visionResidentBytes),
    );

    this.#gauge('forpost_evidence_bytes', 'Bytes of the pictures and clips that are kept', [], (s) =>
      one(s.evidence.bytes),
    );
    this.#gauge('forpost_evidence_limit_bytes', 'Bytes of pictures and clips that may be kept', [], (s) =>
      one(s.evidence.maxBytes),
    );
    this.#gauge('forpost_evidence_items', 'Pictures and clips that are kept', [], (s) => one(s.evidence.items));
    this.#counter(
      'forpost_evidence_dropped_total',
      'Pictures and clips deleted, by reason: age or room',
      ['reason'],
      (s) => [
        [{ reason: 'age' }, s.evidence.droppedForAge],
        [{ reason: 'room' }, s.evidence.droppedForRoom],
      ],
    );
    this.#counter('forpost_evidence_not_taken_total', 'Pictures and clips that could not be stored', [], (s) =>
      one(s.evidence.notKept),
    );
    this.#counter('forpost_evidence_views_total', 'Views of a picture or clip on the gateway’s page', [], (s) =>
      one(s.evidence.views),
    );
    this.#gauge('forpost_evidence_uploads_waiting', 'Pictures and clips that wait to be sent to the centre', [], (s) =>
      one(s.evidence.uploads.waiting),
    );
    this.#counter(
      'forpost_evidence_uploads_total',
      'Pictures and clips whose upload has ended, by result: sent or given up',
      ['result'],
      (s) => [
        [{ result: 'sent' }, s.evidence.uploads.sent],
        [{ result: 'given_up' }, s.evidence.uploads.givenUp],
      ],
    );
    this.#counter(
      'forpost_evidence_upload_failures_total',
      'Failed tries to send a picture or clip, each of which is repeated',
      [],
      (s) => one(s.evidence.uploads.failedTries),
    );

    const device = ['device'] as const;
    this.#gauge('forpost_device_connected', '1 where the device is connected', device, ({ status }) =>
      status.devices.map(({ id, connected }) => [{ device: id }, connected ? 1 : 0] as const),
    );
    this.#counter('forpost_device_messages_total', 'MQTT messages of a device', device, ({ status }) =>
      status.devices.map(({ id, messages }) => [{ device: id }, messages] as const),
    );
    this.#counter('forpost_device_dead_letters_total', 'Messages of a device that cannot be processed', device, (s) =>
      s.status.devices.map(({ id, deadLetters }) => [{ device: id }, deadLetters] as const),
    );
    this.#gauge('forpost_device_last_seen_timestamp_seconds', 'Time of a device’s last message', device, ({ status }) =>
      status.devices.flatMap(({ id, lastSeen }) =>
        lastSeen === null ? [] : [[{ device: id }, Date.parse(lastSeen) / 1000] as const],
      ),
    );

    for (const { name, help, labels, read } of hostGauges)
      this.#gauge(name, help, labels, ({ host }) => (host === undefined ? [] : read(host)));
    for (const { name, help, labels, read } of hostCounters)
      this.#counter(name, help, labels, ({ host }) => (host === undefined ? [] : read(host)));

    this.#counter('forpost_rule_errors_total', 'Errors of a rule', ['rule'], ({ ruleErrors }) =>
      Object.entries(ruleErrors).map(([rule, count]) => [{ rule }, count] as const),
    );
    this.#gauge('forpost_alarms_active', 'Active alarms by severity', ['severity'], ({ activeAlarms }) =>
      Object.entries(activeAlarms).map(([severity, count]) => [{ severity }, count] as const),
    );
  }

  #gauge(name: string, help: string, labelNames: readonly string[], read: (snapshot: GatewaySnapshot) => Series): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        // the reset gives a metric without labels the value 0, also if its value is unknown
        if (labelNames.length === 0) gauge.remove();
        for (const [labels, value] of this.#read(read)) gauge.set({ ...labels }, value);
      },
    });
  }

  /** A counter whose total is kept elsewhere. */
  #counter(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: (snapshot: GatewaySnapshot) => Series,
  ): void {
    const counter: Counter = new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        if (labelNames.length === 0) counter.remove();
        for (const [labels, value] of this.#read(read)) counter.inc({ ...labels }, value);
      },
    });
  }

  #read(read: (snapshot: GatewaySnapshot) => Series): Series {
    return this.#snapshot === undefined ? [] : read(this.#snapshot);
  }
}

function oneHot(states: readonly string[], now: string, labels: Labels): [Labels, number][] {
  return states.map((state) => [{ ...labels, state }, state === now ? 1 : 0]);
}
