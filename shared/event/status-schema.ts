/**
 * The schema of a gateway's present state (status.ts), for the OpenAPI documents: the gateway answers with it, and sends it
 * to the centre's receiver.
 *
 * Always: every field of `GatewayStatus` has its place here; edge/console/answers.test.ts compares them.
 */
import Type, { type TSchema } from 'typebox';
import { answer, lane, list, message, optional, time, value } from '../http/schema.ts';
import type { Epoch, GatewayId, SiteId } from './ids.ts';

const orNull = <Kind extends TSchema>(kind: Kind, description: string) =>
  Type.Union([kind, Type.Null()], { description });

const backlog = answer({
  epoch: Type.Unsafe<Epoch>(Type.String({ description: 'epoch of the outbox' })),
  lane,
  assigned: Type.Integer({ description: 'last assigned number; 0: none yet' }),
  acknowledged: Type.Integer({ description: 'last number that the centre has acknowledged' }),
  bytes: Type.Integer({ description: 'bytes of data in the backlog' }),
  shed: optional(Type.Integer({ description: 'shed events above the acknowledged number; absent: none' })),
});

const camera = answer({
  id: Type.String({ description: 'id of the camera' }),
  name: Type.String({ description: 'name for people' }),
  state: Type.Enum(['connecting', 'live', 'stalled', 'refused', 'unreachable', 'off'], {
    description: 'state of the camera',
  }),
  reason: Type.String({ description: 'why the camera is not live, in words; empty where it is' }),
  reasonI18n: optional(message('`reason` as a message of the catalogue')),
  framesPerSecond: Type.Number({ description: 'analysed frames a second, over the last 10 s' }),
  framesSkipped: optional(
    Type.Integer({ description: 'frames skipped since the vision process started, because a newer one had arrived' }),
  ),
  detector: Type.String({ description: 'name of the detector' }),
  place: optional(Type.String({ description: 'where the camera is' })),
});

const plan = answer({
  eventsPerSecond: Type.Number({ description: 'events sent and acknowledged' }),
  bytesPerSecond: Type.Number({ description: 'bytes of their data' }),
  arrivingPerSecond: Type.Number({ description: 'new events' }),
  secondsLeft: orNull(Type.Number(), 's until the backlog is empty; null: unknown, or never at this rate'),
  endsAt: orNull(Type.String(), 'RFC 3339 of the gateway’s clock: when the backlog is empty; null: unknown, or never'),
  outlook: Type.Enum(['empty', 'ending', 'growing', 'stopped', 'unknown'], {
    description: 'growing: at least as many events arrive as go out; stopped: none go out; unknown: not measured yet',
  }),
});

const uplink = answer({
  sink: Type.String({ description: 'name of the sink' }),
  state: Type.Enum(['offline', 'probing', 'draining', 'live', 'off'], { description: 'state of the uplink' }),
  since: Type.String({ description: 'RFC 3339: since when it is in this state' }),
  reason: Type.String({ description: 'why the uplink is not live, in words; empty where it is' }),
  reasonI18n: optional(message('`reason` as a message of the catalogue')),
  events: Type.Integer({ description: 'events in the backlog' }),
  bytes: Type.Integer({ description: 'bytes in the backlog' }),
  eventsPerSecond: Type.Number({ description: 'events sent and acknowledged a second' }),
  kind: optional(Type.String({ description: 'kind of the sink: kafka, or https: the centre’s receiver' })),
  silentSince: optional(
    Type.String({ description: 'RFC 3339: since then no answer has come to anything sent; absent while answers come' }),
  ),
  plan: optional(plan),
  budget: optional(
    answer({
      used: Type.Number({ description: 'bytes on the wire in this local day' }),
      limit: Type.Number({ description: 'most bytes a local day' }),
    }),
  ),
});

const unread = answer({
  messages: Type.Integer({ description: 'messages that should have given a value and gave none' }),
  inARow: Type.Integer({ description: 'how many of these came after the last understood value' }),
  nothingUnderstood: Type.Boolean({ description: 'whether no message was understood' }),
  newest: optional(
    answer({
      topic: Type.String({ description: 'topic of the newest of these messages' }),
      at: Type.String({ description: 'RFC 3339: when it came' }),
      payload: Type.String({ description: 'beginning of its payload' }),
      reason: optional(Type.String({ description: 'why it was refused' })),
      reasonI18n: optional(message('`reason` as a message of the catalogue')),
    }),
  ),
  unknownKeys: list(Type.String({ description: 'path of a key that the decoder’s tables lack' })),
  fields: list(
    answer({
      path: Type.String({ description: 'path of a field that was not read, or was read differently than written' }),
      problem: Type.String({ description: 'what is wrong with it' }),
      problemI18n: optional(message('`problem` as a message of the catalogue')),
      count: Type.Integer({ description: 'how many times' }),
      at: Type.String({ description: 'RFC 3339: the newest time' }),
    }),
  ),
});

const device = answer({
  id: Type.String({ description: 'id of the device' }),
  name: Type.String({ description: 'name for people' }),
  connected: Type.Boolean({ description: 'whether the device is connected' }),
  lastSeen: orNull(Type.String(), 'RFC 3339 of its last message; null: none yet'),
  lastConnected: optional(
    Type.String({
      description: 'RFC 3339: last time that it was connected, or since when it is; absent: not since the start',
    }),
  ),
  messages: Type.Integer({ description: 'its messages since the start' }),
  deadLetters: Type.Integer({ description: 'its messages that nobody can process, since the start' }),
  values: Type.Unsafe<Readonly<Record<string, number | string | boolean>>>(
    Type.Record(Type.String(), value, { description: 'last values by metric, or by channel/metric' }),
  ),
  place: optional(Type.String({ description: 'where the device is' })),
  bridge: optional(
    Type.String({ description: 'id of the bridge that speaks for the device; absent: it has a log-in' }),
  ),
  found: optional(
    Type.Integer({
      description: 'of a bridge: devices that it speaks for and that wait to be named; absent: no bridge',
    }),
  ),
  unread: optional(unread),
  muteRules: optional(
    list(
      answer({
        rule: Type.String({ description: 'id of a rule that cannot fire on messages of this device' }),
        name: Type.String({ description: 'name of the rule' }),
        reason: Type.String({ description: 'why it cannot fire, in words' }),
        reasonI18n: optional(message('`reason` as a message of the catalogue')),
      }),
    ),
  ),
});

const restored = answer({
  at: Type.String({ description: 'RFC 3339: when the gateway was restored' }),
  backup: Type.String({ description: 'RFC 3339: when the backup was made' }),
  epoch: Type.Unsafe<Epoch>(Type.String({ description: 'epoch that ran when the backup was made' })),
});

const host = answer({
  at: time('when the machine was read'),
  model: optional(Type.String({ description: 'model of the machine; absent where it does not report one' })),
  values: Type.Unsafe<Readonly<Record<string, number>>>(
    Type.Record(Type.String(), Type.Number(), { description: 'figures by metric; an unknown figure is absent' }),
  ),
  findings: list(
    answer({
      part: Type.Enum(['temperature', 'throttling', 'power', 'load', 'memory', 'disk', 'storage', 'network'], {
        description: 'part of the machine; a later version may have more',
      }),
      level: Type.Enum(['bad', 'watch', 'unknown'], {
        description: 'bad: its alarm is active; watch: worth a look; unknown: this machine does not report it',
      }),
      text: Type.String({ description: 'the finding in words' }),
      textI18n: optional(message('`text` as a message of the catalogue')),
    }),
  ),
  disks: optional(
    list(
      answer({
        name: Type.String({ description: 'name of the disk in the system' }),
        usedLife: optional(Type.Number({ description: 'used part of its life time; 1 and above: worn out' })),
      }),
    ),
  ),
  interfaces: optional(
    list(
      answer({
        name: Type.String({ description: 'name of the network interface' }),
        up: Type.Boolean({ description: 'whether it has a connection' }),
        address: optional(Type.String({ description: 'its address' })),
      }),
    ),
  ),
  trendSince: optional(Type.String({ description: 'RFC 3339: since when the use of the disk is known' })),
});

export const gatewayStatusSchema = answer({
  site: Type.Unsafe<SiteId>(Type.String({ description: 'id of the site' })),
  gateway: Type.Unsafe<GatewayId>(Type.String({ description: 'id of the gateway' })),
  name: Type.String({ description: 'name of the site' }),
  place: optional(Type.String({ description: 'where the site is' })),
  version: Type.String({ description: 'version of Forpost' }),
  starts: Type.Integer({ description: 'how many times the outbox was started' }),
  counter: Type.Integer({ description: 'counts the states within that start' }),
  at: time('time of this state, by the gateway’s clock'),
  everyMs: optional(Type.Integer({ description: 'ms until the next state, where a metered link makes that longer' })),
  clock: Type.Enum(['synced', 'unsynced'], { description: 'whether the gateway’s clock is known to be in sync' }),
  boot: Type.String({ description: 'id of the machine’s boot' }),
  uptime: Type.Number({ description: 'ms of the boot’s monotonic clock' }),
  revision: Type.String({ description: 'revision of the site’s configuration' }),
  lanes: list(backlog),
  uplinks: list(uplink),
  cameras: list(camera),
  devices: list(device),
  commandKeys: optional(list(Type.String({ description: 'id of a command key that the gateway trusts' }))),
  sendsEvidence: optional(Type.Boolean({ description: 'whether it has a receiver for pictures and clips' })),
  instance: optional(
    Type.String({ description: 'id of the restore that made this box the gateway; absent: it was never restored' }),
  ),
  restored: optional(restored),
  host: optional(host),
  storageProblem: optional(Type.String({ description: 'fault of the outbox’s disk or file, in words; absent: none' })),
  storageProblemI18n: optional(message('`storageProblem` as a message of the catalogue')),
  problems: list(Type.String({ description: 'a present problem, in words' })),
  problemsI18n: optional(
    list(orNull(message('each of `problems` as a message of the catalogue'), 'null: a problem without a key')),
  ),
});
