/**
 * `npm start -- --check`: measures the running demo from outside, with an MQTT device of its own, a Kafka consumer,
 * clients of both HTTP APIs, and the notifications that the receiver got. Kafka stops for five seconds in the middle.
 *
 *   publishing ──── Kafka gone 5 s ──── publishing ──► meters and camera stop ──► history complete ──► compared
 *
 * Always: no figure rests on Forpost's word alone: each acknowledged reading is found in the history by its own id, each
 * event in Kafka by the event's id; every wait is bounded, and an event that is absent at the end counts as missing.
 */
import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { createReport, percentile, type Report } from '../../report.ts';
import type { DemoSite } from '../demo-site.ts';
import type { ArrivedNotification } from '../receiver.ts';
import { consoleUser } from '../secrets.ts';
import { notifyLimitA, notifyRule, probeDevice, probeLimitW, probeListener, probeRule } from '../settings.ts';
import { compare, type HistoryCount, type NotifyDelays, notifyDelays } from './compare.ts';
import { askFor, hasArrived, picturedAlert } from './evidence.ts';
import { HttpClient } from './http-client.ts';
import { type KafkaLog, readKafka } from './kafka-log.ts';
import type { FromProbe, ProbeOptions, ProbeResult, ToProbe } from './probe.ts';

export interface CheckOptions {
  readonly seconds: number;
  /** from the start of the command until the site was ready */
  readonly startSeconds: number;
  readonly signal: AbortSignal;
}

const outageMs = 5_000;
const completeDeadlineMs = 60_000;
/** for the notification of an alert outside the outage */
const notifyDeadlineMs = 10_000;
/** for a picture, from the request to its arrival at the centre */
const pictureDeadlineMs = 20_000;
const pollMs = 250;
/** The search for events begins this long before the check itself. */
const earlierMs = 10_000;

interface LaneCount {
  readonly epoch: string;
  readonly lane: string;
  readonly assigned: number;
  readonly received: number;
  readonly shed: number;
  readonly missing: number;
}
interface Ledger {
  readonly missing: number;
  readonly duplicates: number;
  readonly lanes: readonly LaneCount[];
}
interface GatewayStatus {
  readonly lanes: readonly {
    readonly epoch: string;
    readonly lane: string;
    readonly assigned: number;
    readonly acknowledged: number;
  }[];
  readonly outbox: { readonly epoch: string };
}
interface Outage {
  readonly kept: number;
  readonly completeSeconds: number;
  /** when Kafka stopped, and when it answered again; ms since 1970 */
  readonly from: number;
  readonly back: number;
}

/** Checks a running site, and stops its meters and its camera at the end. */
export async function checkSite(site: DemoSite, options: CheckOptions): Promise<Report> {
  return new Check(site, options).run();
}

class Check {
  readonly #site: DemoSite;
  readonly #options: CheckOptions;
  readonly #clock: Clock;
  readonly #centre: HttpClient;
  readonly #gateway: HttpClient;
  readonly #report = createReport('check');

  constructor(site: DemoSite, options: CheckOptions) {
    this.#site = site;
    this.#options = options;
    this.#clock = site.options.clock;
    const { ports } = site.settings;
    const { centre, console } = site.credentials;
    if (centre === undefined)
      throw new Error(
        'the centre printed its password at its first start only, and the check does not have it: npm start -- --check --fresh makes a new one',
      );
    this.#centre = new HttpClient(`http://127.0.0.1:${ports.centre}`, centre);
    this.#gateway = new HttpClient(`http://127.0.0.1:${ports.gateway}`, {
      user: consoleUser,
      password: console[consoleUser] ?? '',
    });
  }

  async run(): Promise<Report> {
    const { say } = this.#site.options;
    const { seconds, signal } = this.#options;
    const began = this.#clock.now();
    const { epoch } = (await this.#gateway.get<GatewayStatus>('/api/v1/status')).outbox;
    const probe = await startProbe(this.#probeOptions());
    say(`  … checking for ${seconds} s`);
    const outageAt = (seconds * 1000) / 3;
    await sleep(this.#clock, outageAt, signal);
    const outage = signal.aborted ? undefined : await this.#outage();
    await sleep(this.#clock, began + seconds * 1000 - this.#clock.now(), signal);
    say('  … publishing has stopped; waiting until the history is complete');
    const result = await stopProbe(probe);
    await Promise.all([this.#site.meters.stop(), this.#site.camera?.stop()]);
    const completeSeconds = await this.#complete(epoch);
    const { history, kafka } = await this.#readAll(epoch, began - earlierMs, result);
    const notifications = await this.#notifications(result, outage);
    const ledger = await this.#ledger();
    this.#fill({ result, outage, history, kafka, notifications, ledger, epoch, completeSeconds });
    if (this.#site.settings.cameras.length > 0) {
      this.#report.metric('picture_s', await this.#pictureSeconds(new Date(began).toISOString()));
      this.#report.goal('picture_s', '<=', pictureDeadlineMs / 1000);
    }
    return this.#report;
  }

  #probeOptions(): ProbeOptions {
    const { settings, credentials } = this.#site;
    const account = (id: string) => ({ id, password: credentials.mqtt[id] ?? '' });
    return {
      port: settings.ports.mqtt,
      run: `check-${randomBytes(4).toString('hex')}`,
      device: account(probeDevice),
      listener: account(probeListener),
      rule: probeRule,
      limitW: probeLimitW,
      limitA: notifyLimitA,
    };
  }

  /** Stops Kafka for five seconds. undefined for a Kafka that the demo did not start. */
  async #outage(): Promise<Outage | undefined> {
    const { kafka, options } = this.#site;
    if (kafka === undefined) {
      options.say('  … no outage: the demo did not start this Kafka, or runs without one');
      return undefined;
    }
    const before = this.#clock.now();
    await kafka.pause();
    options.say('  … Kafka is stopped for 5 s');
    await sleep(this.#clock, outageMs);
    const kept = await this.#waiting();
    await kafka.start();
    const back = this.#clock.now();
    const begun = this.#clock.uptime();
    options.say(`  … Kafka runs again; the gateway kept ${kept} events meanwhile`);
    const assigned = await this.#assigned();
    await this.#until(async () => this.#has(await this.#ledger(), assigned));
    return { kept, completeSeconds: (this.#clock.uptime() - begun) / 1000, from: before, back };
  }

  /** The number of events that the centre has not acknowledged yet. */
  async #waiting(): Promise<number> {
    const { lanes } = await this.#gateway.get<GatewayStatus>('/api/v1/status');
    return lanes.reduce((sum, { assigned, acknowledged }) => sum + assigned - acknowledged, 0);
  }

  /** The last number of each lane of each epoch, from the gateway's status. */
  async #assigned(): Promise<ReadonlyMap<string, number>> {
    const { lanes } = await this.#gateway.get<GatewayStatus>('/api/v1/status');
    return new Map(lanes.map(({ epoch, lane, assigned }) => [`${epoch}/${lane}`, assigned]));
  }

  #has(ledger: Ledger, assigned: ReadonlyMap<string, number>): boolean {
    const arrived = new Map(ledger.lanes.map((lane) => [`${lane.epoch}/${lane.lane}`, lane.received + lane.shed]));
    return [...assigned].every(([name, count]) => (arrived.get(name) ?? 0) >= count);
  }

  /** Seconds until the history has every event of this epoch; NaN after the deadline. */
  async #complete(epoch: string): Promise<number> {
    const begun = this.#clock.uptime();
    const done = await this.#until(async () => {
      const assigned = [...(await this.#assigned())].filter(([name]) => name.startsWith(`${epoch}/`));
      return this.#has(await this.#ledger(), new Map(assigned));
    });
    return done ? (this.#clock.uptime() - begun) / 1000 : Number.NaN;
  }

  #ledger(): Promise<Ledger> {
    return this.#centre.get(`/api/v1/gateways/${this.#site.settings.gateway}/ledger`);
  }

  /** Reads the history and Kafka until they agree or the deadline passes: the gateway goes on sending its own events. */
  async #readAll(
    epoch: string,
    from: number,
    result: ProbeResult,
  ): Promise<{ history: HistoryCount; kafka: KafkaLog | undefined }> {
    const { brokers, prefix, gateway } = this.#site.settings;
    const read = async () => ({
      kafka: brokers === undefined ? undefined : await readKafka(brokers, prefix, gateway, epoch),
      history: await this.#history(epoch, from, result),
    });
    let both = await read();
    await this.#until(async () => {
      const { kafka, history } = both;
      const kafkaIds = kafka === undefined ? 0 : kafka.ids.alerts.size + kafka.ids.telemetry.size;
      if ((kafka === undefined || kafkaIds === history.ids.size) && history.readingsMissing === 0) return true;
      both = await read();
      return false;
    });
    return both;
  }

  async #history(epoch: string, from: number, { acknowledged }: ProbeResult): Promise<HistoryCount> {
    const events = this.#centre.events({ gateway: this.#site.settings.gateway, from: new Date(from).toISOString() });
    return compare(events, epoch, acknowledged);
  }

  /** ms from each alert on the site to its notification; waits for the last notifications. */
  async #notifications({ alerts }: ProbeResult, outage: Outage | undefined): Promise<NotifyDelays> {
    const read = async () => {
      const { notifications } = (await (
        await fetch(`http://127.0.0.1:${this.#site.settings.ports.receiver}/notifications`)
      ).json()) as { notifications: readonly ArrivedNotification[] };
      return notifyDelays(alerts, notifications, outage);
    };
    let delays = await read();
    await this.#until(async () => {
      delays = await read();
      return delays.missing === 0;
    }, notifyDeadlineMs);
    return delays;
  }

  /** Seconds from the request for an alarm's picture until the centre has it; NaN when it does not come. */
  async #pictureSeconds(from: string): Promise<number> {
    const { gateway } = this.#site.settings;
    const alert = await picturedAlert(this.#centre, gateway, from);
    if (alert === undefined) return Number.NaN;
    const begun = this.#clock.uptime();
    await askFor(this.#centre, gateway, alert);
    const arrived = await this.#until(() => hasArrived(this.#centre, gateway, alert), pictureDeadlineMs);
    return arrived ? (this.#clock.uptime() - begun) / 1000 : Number.NaN;
  }

  #fill(found: {
    readonly result: ProbeResult;
    readonly outage: Outage | undefined;
    readonly history: HistoryCount;
    readonly kafka: KafkaLog | undefined;
    readonly notifications: NotifyDelays;
    readonly ledger: Ledger;
    readonly epoch: string;
    readonly completeSeconds: number;
  }): void {
    const { result, outage, history, kafka, notifications, ledger, epoch } = found;
    const { alerts, alertMs } = result;
    const report = this.#report;
    const cameras = new Set(this.#site.settings.cameras);
    const raised = alerts.filter(
      ({ change, rule }) => change === 'raised' && rule !== probeRule && rule !== notifyRule,
    );
    const fromCamera = raised.filter(({ device }) => cameras.has(device)).length;
    const kafkaIds = kafka === undefined ? [] : [...kafka.ids.alerts, ...kafka.ids.telemetry];
    const kafkaMissing = kafkaIds.filter((id) => !history.ids.has(id)).length;
    const lanes = ledger.lanes.filter((lane) => lane.epoch === epoch);
    const ledgerMissing = lanes.reduce((sum, { missing }) => sum + missing, 0);

    report.samples(alertMs.length);
    report.metric('start_seconds', this.#options.startSeconds);
    report.metric('readings_published', result.published);
    report.metric('readings_acknowledged', result.acknowledged.length);
    report.metric('alerts_meter', raised.length - fromCamera);
    report.metric('alerts_camera', fromCamera);
    report.metric('alert_p50_ms', percentile(alertMs, 50)).metric('alert_p99_ms', percentile(alertMs, 99));
    report.metric('alert_max_ms', Math.max(...alertMs, Number.NEGATIVE_INFINITY));
    report.metric('alerts_unheard', result.alertsLost);
    report.metric('notify_p50_ms', percentile(notifications.ms, 50));
    report.metric('notify_p99_ms', percentile(notifications.ms, 99));
    report.metric('notifications_missing', notifications.missing);
    const { caughtUp } = notifications;
    const notifySeconds = outage === undefined || caughtUp === undefined ? Number.NaN : (caughtUp - outage.back) / 1000;
    report.metric('outage_notified_s', Math.max(0, notifySeconds));
    report.metric('events_kafka', kafka === undefined ? Number.NaN : kafkaIds.length);
    report.metric('kafka_resends', kafka === undefined ? Number.NaN : kafka.records - kafkaIds.length);
    report.metric('events_history', history.ids.size);
    report.metric('missing', history.readingsMissing + kafkaMissing + ledgerMissing);
    report.metric('readings_missing', history.readingsMissing);
    report.metric('kafka_events_missing', kafkaMissing);
    report.metric('ledger_missing', ledgerMissing);
    report.metric('duplicated', history.duplicated);
    report.metric('outage_kept_events', outage?.kept ?? Number.NaN);
    report.metric('outage_complete_s', outage?.completeSeconds ?? Number.NaN);
    report.metric('complete_s', found.completeSeconds);
    report.goal('readings_acknowledged', '=', result.published);
    report.goal('alerts_meter', '>=', 1);
    if (this.#site.camera?.running === true || cameras.size > 0) report.goal('alerts_camera', '>=', 1);
    report.goal('alert_p99_ms', '<=', 20).goal('alerts_unheard', '=', 0);
    report.goal('notify_p99_ms', '<=', 5_000).goal('notifications_missing', '=', 0);
    report.goal('missing', '=', 0).goal('duplicated', '=', 0);
    if (kafka !== undefined) report.goal('events_history', '=', kafkaIds.length);
    if (outage !== undefined) report.goal('outage_kept_events', '>=', 1).goal('outage_complete_s', '<=', 60);
  }

  /** Whether the condition came true in time. */
  async #until(check: () => Promise<boolean>, withinMs = completeDeadlineMs): Promise<boolean> {
    const end = this.#clock.uptime() + withinMs;
    for (;;) {
      if (await check()) return true;
      if (this.#clock.uptime() > end || this.#options.signal.aborted) return false;
      await sleep(this.#clock, pollMs);
    }
  }
}

function startProbe(workerData: ProbeOptions): Promise<Worker> {
  const worker = new Worker(new URL('./probe.ts', import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', () => resolve(worker));
  });
}

function stopProbe(worker: Worker): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.on('message', (message: FromProbe) => {
      if (message.kind === 'result') resolve(message.result);
    });
    worker.postMessage({ kind: 'stop' } satisfies ToProbe);
  });
}
