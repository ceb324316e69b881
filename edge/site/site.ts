/**
 * The document of the site (site.yaml): devices, consumers, cameras, zones, rules. It outlives the machine: backup and
 * restore carry it. Secrets stand in a file of their own.
 */
import type { DeviceId, RuleId, SiteId } from '@forpost/shared/event/ids.ts';
import { type Language, languages } from '@forpost/shared/texts/language.ts';
import Type from 'typebox';
import {
  type bridgedDeviceSchema,
  bridgeSchema,
  closed,
  deviceSchema,
  id,
  name,
  placeSchema,
  topicPattern,
} from './device-schemas.ts';

export { bridgedDeviceSchema, bridgeSchema, deviceSchema, longestSource, topicPattern } from './device-schemas.ts';

/** 0..1 of the picture */
const unit = Type.Number({ minimum: 0, maximum: 1 });
export const severitySchema = Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')], {
  description: 'severity of the alarm',
});

export const consumerSchema = Type.Object(
  {
    id: id('id of the consumer and its user name at the broker; never changes'),
    name,
    role: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 8 })], {
        description: 'role, or a list of roles: grants the topics that such a program needs',
      }),
    ),
    base_topic: Type.Optional(
      Type.String({
        pattern: topicPattern,
        description: 'base topic of the role’s program',
        'x-default': 'zigbee2mqtt, node-red; for esphome the id of the consumer',
      }),
    ),
    discovery_prefix: Type.Optional(
      Type.String({
        pattern: topicPattern,
        description: 'prefix of Home Assistant’s discovery',
        default: 'homeassistant',
      }),
    ),
    subscribe: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'MQTT topic filters that the consumer may subscribe to, beside those of its role',
      }),
    ),
    publish: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description:
          'MQTT topic filters that the consumer may publish to, beside those of its role: commands (cmnd/#) or topics of its own; never a device’s or the gateway’s topics',
      }),
    ),
  },
  { ...closed, description: 'a program or display that reads what devices send, and may give commands' },
);

const corners = Type.Array(Type.Tuple([unit, unit]), {
  minItems: 3,
  maxItems: 64,
  description: 'corners in order, as [x, y] from 0 to 1 of the picture, from its top left',
});

export const zoneSchema = Type.Object(
  {
    id: id('id of the zone, unique in its camera'),
    name: Type.Optional(Type.String({ description: 'name for people' })),
    points: corners,
  },
  { ...closed, description: 'an area of the picture that rules speak of' },
);

export const maskSchema = Type.Object(
  { id: Type.Optional(id('id of the mask')), points: corners },
  {
    ...closed,
    description: 'an area that nobody may see: black before detection, and in live picture, snapshot and clip',
  },
);

export const motionMaskSchema = Type.Object(
  { points: corners },
  {
    ...closed,
    description: 'an area whose motion wakes no detector, as a tree or a street; things found there still count',
  },
);

export const lineSchema = Type.Object(
  {
    id: id('id of the line, unique in its camera'),
    name: Type.Optional(Type.String({ description: 'name for people' })),
    points: Type.Tuple([Type.Tuple([unit, unit]), Type.Tuple([unit, unit])], {
      description: 'both ends, as [x, y] from 0 to 1 of the picture, from its top left; their order means nothing',
    }),
  },
  { ...closed, description: 'a line in the picture that rules watch for crossings' },
);

const cameraUrl = '^(rtsp|rtsps|http|https|file|v4l2)://';
/** ffmpeg's methods, and v4l2m2m for the decoders of Linux boards */
export const hardwareDecoders = ['auto', 'vaapi', 'qsv', 'cuda', 'vdpau', 'drm', 'v4l2m2m'] as const;

export const cameraSchema = Type.Object(
  {
    id: id('id of the camera in rules and events; never changes'),
    name,
    place: Type.Optional(placeSchema),
    url: Type.String({
      pattern: cameraUrl,
      description:
        'stream that is analysed, best the sub-stream: rtsp://, rtsps://, http://, https://, file:// or v4l2:///dev/video0; user and password stand in the secrets file',
    }),
    main_url: Type.Optional(
      Type.String({ pattern: cameraUrl, description: 'stream that is recorded', 'x-default': 'url' }),
    ),
    transport: Type.Optional(
      Type.Union([Type.Literal('tcp'), Type.Literal('udp')], { description: 'transport of rtsp://', default: 'tcp' }),
    ),
    ca: Type.Optional(
      Type.String({
        description: 'PEM file with the CA of the camera’s certificate (rtsps://, https://)',
        'x-default': 'the public CAs',
      }),
    ),
    fingerprint: Type.Optional(
      Type.String({
        pattern: '^sha256:([0-9A-Fa-f]{2}:?){32}$',
        description:
          'sha256:… of the camera’s own certificate, instead of a CA; "forpost cameras fingerprint" shows it',
      }),
    ),
    hwaccel: Type.Optional(
      Type.Union(
        hardwareDecoders.map((decoder) => Type.Literal(decoder)),
        { description: 'hardware decoder; one that does not work costs one try', 'x-default': 'the processor decodes' },
      ),
    ),
    masks: Type.Optional(Type.Array(maskSchema, { maxItems: 32, description: 'areas that nobody may see' })),
    detector: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9._-]{1,64}$',
        description: 'motion (built in), or the name of a model that "forpost model add" installed',
        default: 'motion',
      }),
    ),
    fps: Type.Optional(
      Type.Number({ minimum: 0.2, maximum: 30, description: 'frames that are analysed a second', default: 5 }),
    ),
    min_score: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'least score of a detection',
        'x-default': 'of the model, mostly 0.5',
      }),
    ),
    thresholds: Type.Optional(
      Type.Record(Type.String({ minLength: 1 }), unit, {
        description: 'least score by class, where it differs from min_score, as { car: 0.6 }',
      }),
    ),
    classes: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'classes that are looked for, as person and car',
        'x-default': 'all classes of the model',
      }),
    ),
    motion_masks: Type.Optional(
      Type.Array(motionMaskSchema, { maxItems: 32, description: 'areas whose motion means nothing' }),
    ),
    static_classes: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'classes that count only while they move: a parked car raises nothing',
        'x-default': 'vehicles, furniture and other lifeless classes of COCO',
      }),
    ),
    zones: Type.Optional(Type.Array(zoneSchema, { maxItems: 32, description: 'areas that rules speak of' })),
    lines: Type.Optional(Type.Array(lineSchema, { maxItems: 32, description: 'lines that rules watch' })),
    record: Type.Optional(
      Type.Object(
        {
          before_s: Type.Optional(
            Type.Number({ minimum: 0, maximum: 30, description: 'seconds of the clip before the alarm', default: 5 }),
          ),
          after_s: Type.Optional(
            Type.Number({ minimum: 0, maximum: 60, description: 'seconds of the clip after the alarm', default: 8 }),
          ),
        },
        { ...closed, description: 'length of an alarm’s clip; both 0: pictures only, and nothing is recorded' },
      ),
    ),
  },
  { ...closed, description: 'a camera that the gateway watches' },
);

/** The keys of all rules. Each kind adds its own (rules/kinds/). */
export const ruleBase = {
  id: id('id of the rule in events and topics; never changes'),
  kind: Type.String({ description: 'kind of the rule' }),
  name: Type.Optional(Type.String({ description: 'name for people', 'x-default': 'the id' })),
  enabled: Type.Optional(
    Type.Boolean({ description: 'false: the rule is switched off, and stays in the document', default: true }),
  ),
  severity: Type.Optional(
    Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')], {
      description: 'severity of the alarm; info waits for no acknowledgement',
      default: 'warning',
    }),
  ),
  category: Type.Optional(
    Type.String({ description: 'category of the alarm, for filters at the centre', 'x-default': 'of the kind' }),
  ),
  message: Type.Optional(
    Type.String({
      description: 'sentence of the alarm, with {placeholders} of the kind',
      'x-default': 'a sentence of the kind',
    }),
  ),
  test: Type.Optional(
    Type.Boolean({
      description: 'true: a test, which is shown and stored and notifies nobody',
      default: false,
    }),
  ),
} as const;

/** Open: each kind of rule checks its own keys. */
export const ruleSchema = Type.Object(ruleBase, { additionalProperties: true });

/** The keys of all actions. Each kind adds its own (alerts/actions/kinds.ts). */
export const actionBase = {
  id: id('id of the action in events and logs; never changes'),
  kind: Type.String({ description: 'kind of the action' }),
  name: Type.Optional(Type.String({ description: 'name for people', 'x-default': 'the id' })),
  enabled: Type.Optional(
    Type.Boolean({ description: 'false: the action is switched off, and stays in the document', default: true }),
  ),
  rules: Type.Optional(
    Type.Array(Type.String(), {
      minItems: 1,
      maxItems: 200,
      description: 'ids of the rules whose alarms start the action',
      'x-default': 'all rules',
      'x-field': 'rules',
    }),
  ),
  min_severity: Type.Optional(
    Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')], {
      description: 'least severity of an alarm that starts the action',
      default: 'info',
    }),
  ),
} as const;

/** Open: each kind of action checks its own keys. */
export const actionSchema = Type.Object(actionBase, { additionalProperties: true });
const mostActions = 100;

/** The form of the document that this Forpost writes and reads. A newer one has keys or kinds that it does not know. */
export const documentFormat = 1;

export const siteSchema = Type.Object(
  {
    format: Type.Optional(Type.Integer({ minimum: 1, description: 'form of this document', default: documentFormat })),
    site: Type.Object(
      {
        id: id('id of the site in every event; never changes'),
        name,
        timezone: Type.String({ description: 'IANA time zone of the site, as Europe/Berlin' }),
        place: Type.Optional(placeSchema),
        local_only: Type.Optional(
          Type.Boolean({ description: 'true: no command of the centre changes this document', default: false }),
        ),
        language: Type.Optional(
          Type.Union(
            languages.map((one) => Type.Literal(one)),
            { description: 'language of the alarms’ sentences; a page shows them in its reader’s', default: 'en' },
          ),
        ),
      },
      { ...closed, description: 'the site itself' },
    ),
    devices: Type.Array(deviceSchema),
    bridges: Type.Optional(Type.Array(bridgeSchema)),
    consumers: Type.Optional(Type.Array(consumerSchema, { description: 'programs and displays at the broker' })),
    cameras: Type.Optional(Type.Array(cameraSchema, { description: 'cameras that the gateway watches' })),
    rules: Type.Optional(
      Type.Array(ruleSchema, {
        description: 'what raises an alarm; without a rule of kind tamper each camera gets one',
      }),
    ),
    actions: Type.Optional(
      Type.Array(actionSchema, {
        maxItems: mostActions,
        description: 'what the site does by itself when an alarm begins and ends',
      }),
    ),
  },
  closed,
);

type Branded<T, Name> = Omit<T, 'id'> & { readonly id: Name };
export type DeviceConfig = Branded<Type.Static<typeof deviceSchema>, DeviceId> & { readonly [key: string]: unknown };
export type BridgedDeviceConfig = Branded<Type.Static<typeof bridgedDeviceSchema>, DeviceId>;
/** A bridge has all that a device has: it logs in, and may send readings of its own. */
export type BridgeConfig = DeviceConfig & { readonly devices?: readonly BridgedDeviceConfig[] };
export type ConsumerConfig = Type.Static<typeof consumerSchema>;
export type ZoneConfig = Type.Static<typeof zoneSchema>;
export type MaskConfig = Type.Static<typeof maskSchema>;
export type MotionMaskConfig = Type.Static<typeof motionMaskSchema>;
export type HardwareDecoder = (typeof hardwareDecoders)[number];
export type LineConfig = Type.Static<typeof lineSchema>;
export type CameraConfig = Branded<Type.Static<typeof cameraSchema>, DeviceId>;
export type RuleConfig = Branded<Type.Static<typeof ruleSchema>, RuleId> & { readonly [key: string]: unknown };
export type ActionConfig = Type.Static<typeof actionSchema> & { readonly [key: string]: unknown };

export interface Site {
  readonly id: SiteId;
  readonly name: string;
  readonly timezone: string;
  readonly place?: string;
  /** true: no command of the centre changes the document */
  readonly localOnly?: boolean;
  /** of the alarms' sentences; absent: English */
  readonly language?: Language;
  /** devices with a log-in of their own */
  readonly devices: readonly DeviceConfig[];
  /** absent: none */
  readonly bridges?: readonly BridgeConfig[];
  readonly consumers: readonly ConsumerConfig[];
  readonly cameras: readonly CameraConfig[];
  readonly rules: readonly RuleConfig[];
  /** absent: none */
  readonly actions?: readonly ActionConfig[];
  /** sha256 of the file, in hex: which configuration this is */
  readonly revision: string;
}

/** Whether a rule or an action runs. */
export function isEnabled({ enabled = true }: { readonly enabled?: boolean }): boolean {
  return enabled;
}
