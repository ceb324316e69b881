/**
 * The site's configuration (site.yaml): devices, cameras, zones, rules. It outlives the box and is what backup and
 * restore carry; secrets stand apart in their own file.
 */
import { type DeviceId, idPatternText, type RuleId, type SiteId } from '@forpost/shared/event/ids.ts';
import Type from 'typebox';

const closed = { additionalProperties: false } as const;
const id = Type.String({ pattern: idPatternText });
/** 0..1 of the picture */
const unit = Type.Number({ minimum: 0, maximum: 1 });
export const severitySchema = Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')]);

/** Where it is, for whoever has to go there: shown at alarms, in lists and in notifications. */
const placeSchema = Type.String({ maxLength: 200, description: 'where it is, as "cellar, left of the door"' });

/** a topic without wildcards, of one level or several, none of them empty */
const topicPattern = '^(?!.{101})[^#+/\\s]+(/[^#+/\\s]+)*$';
/** %prefix% and %topic% once each, a level each, in either order, with any levels around them */
const fullTopicPattern =
  '^(?!.{101})([^#+/\\s%]+/)*(%prefix%/([^#+/\\s%]+/)*%topic%|%topic%/([^#+/\\s%]+/)*%prefix%)(/[^#+/\\s%]+)*/?$';

export const deviceSchema = Type.Object(
  {
    id,
    name: Type.Optional(Type.String()),
    decoder: Type.String({ description: 'what it speaks: native, tasmota, shelly' }),
    /** what the device calls itself in its topics, where that is not its id */
    topic: Type.Optional(Type.String({ pattern: topicPattern, description: 'as "plug" or "home/kitchen/plug"' })),
    full_topic: Type.Optional(
      Type.String({
        pattern: fullTopicPattern,
        description: 'of Tasmota, as it stands in its settings; default %prefix%/%topic%/',
      }),
    ),
    groups: Type.Optional(
      Type.Array(Type.String({ pattern: topicPattern }), {
        maxItems: 8,
        description: 'of Tasmota: group topics it listens to beside its own; default tasmotas and sonoffs',
      }),
    ),
    keys: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Union([
          Type.String(),
          Type.Object(
            {
              metric: Type.String({ description: 'as power_w' }),
              factor: Type.Optional(
                Type.Number({ description: 'to the unit of the metric: kWh to Wh 1000; default 1' }),
              ),
            },
            closed,
          ),
        ]),
        {
          description:
            'what keys mean that no table knows: by their paths, as the page shows them ("HEATER.Flow"), the metric, or {metric, factor}',
        },
      ),
    ),
    place: Type.Optional(placeSchema),
  },
  closed,
);

export const consumerSchema = Type.Object(
  {
    id,
    name: Type.Optional(Type.String()),
    role: Type.Optional(
      Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 8 })], {
        description: 'what it is, or a list: home-assistant, zigbee2mqtt, node-red, esphome; grants what these need',
      }),
    ),
    base_topic: Type.Optional(
      Type.String({
        pattern: topicPattern,
        description: 'of its role; default zigbee2mqtt, node-red, and for esphome the id of this consumer',
      }),
    ),
    discovery_prefix: Type.Optional(
      Type.String({ pattern: topicPattern, description: 'of Home Assistant’s discovery; default homeassistant' }),
    ),
    subscribe: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'MQTT topic filters that it may subscribe to, beside those of its role',
      }),
    ),
    publish: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description:
          'MQTT topic filters that it may publish to, beside those of its role: commands (cmnd/#), or trees of its own; never what a device or the gateway says',
      }),
    ),
  },
  closed,
);

/** 0..1 of the picture from the top left, in order */
const corners = Type.Array(Type.Tuple([unit, unit]), { minItems: 3, maxItems: 64 });

export const zoneSchema = Type.Object(
  {
    id,
    name: Type.Optional(Type.String()),
    points: corners,
  },
  closed,
);

/** An area that nobody is to see: black before detection, live picture, snapshot and clip. */
export const maskSchema = Type.Object(
  {
    id: Type.Optional(id),
    /** corners, 0..1 of the picture from the top left, in order */
    points: Type.Array(Type.Tuple([unit, unit]), { minItems: 3, maxItems: 64 }),
  },
  closed,
);

/** An area whose motion is none (a tree, a street): it wakes no detector; what is found there still counts. */
export const motionMaskSchema = Type.Object({ points: corners }, closed);

export const lineSchema = Type.Object(
  {
    id,
    name: Type.Optional(Type.String()),
    /** its two ends, 0..1 of the picture from the top left; which is first means nothing */
    points: Type.Tuple([Type.Tuple([unit, unit]), Type.Tuple([unit, unit])]),
  },
  closed,
);

const cameraUrl = '^(rtsp|rtsps|http|https|file|v4l2)://';
/** ffmpeg's methods, and the decoders of Linux boards (v4l2m2m) */
export const hardwareDecoders = ['auto', 'vaapi', 'qsv', 'cuda', 'vdpau', 'drm', 'v4l2m2m'] as const;

export const cameraSchema = Type.Object(
  {
    id,
    name: Type.Optional(Type.String()),
    place: Type.Optional(placeSchema),
    /** what is analysed, best the camera's sub-stream; without user and password: those stand in the secrets file */
    url: Type.String({ pattern: cameraUrl }),
    /** what is recorded, where that is another stream of the same camera */
    main_url: Type.Optional(Type.String({ pattern: cameraUrl })),
    /** of rtsp; default tcp */
    transport: Type.Optional(Type.Union([Type.Literal('tcp'), Type.Literal('udp')])),
    ca: Type.Optional(
      Type.String({ description: 'of rtsps:// and https://: PEM file with who signed the camera’s certificate' }),
    ),
    fingerprint: Type.Optional(
      Type.String({
        pattern: '^sha256:([0-9A-Fa-f]{2}:?){32}$',
        description: 'of rtsps:// and https://: sha256:… of the camera’s own certificate, instead of a CA',
      }),
    ),
    /** decode in hardware; default: by the processor */
    hwaccel: Type.Optional(Type.Union(hardwareDecoders.map((name) => Type.Literal(name)))),
    masks: Type.Optional(Type.Array(maskSchema, { maxItems: 32 })),
    /** motion (built in), or the name of a model installed with `forpost model add` */
    detector: Type.Optional(Type.String({ pattern: '^[a-z0-9._-]{1,64}$' })),
    /** frames analysed a second */
    fps: Type.Optional(Type.Number({ minimum: 0.2, maximum: 30 })),
    min_score: Type.Optional(unit),
    /** by class, where it is another than min_score */
    thresholds: Type.Optional(Type.Record(Type.String({ minLength: 1 }), unit)),
    classes: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
    motion_masks: Type.Optional(Type.Array(motionMaskSchema, { maxItems: 32 })),
    /** what is silenced while it stands; default: vehicles, furniture and whatever else of COCO does not live */
    static_classes: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
    zones: Type.Optional(Type.Array(zoneSchema, { maxItems: 32 })),
    lines: Type.Optional(Type.Array(lineSchema, { maxItems: 32 })),
    /** the clip of an alarm; both 0: pictures alone, and nothing is recorded */
    record: Type.Optional(
      Type.Object(
        {
          before_s: Type.Optional(Type.Number({ minimum: 0, maximum: 30, description: 'default 5' })),
          after_s: Type.Optional(Type.Number({ minimum: 0, maximum: 60, description: 'default 8' })),
        },
        closed,
      ),
    ),
  },
  closed,
);

/** What all rules have; the rest of a rule's keys are its kind's own (rules/kinds/). */
export const ruleBase = {
  id,
  kind: Type.String(),
  name: Type.Optional(Type.String()),
  severity: Type.Optional(severitySchema),
  category: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  /** an installer's trial: shown and stored, pages nobody */
  test: Type.Optional(Type.Boolean()),
} as const;

/** Open: the rule's kind checks the keys that are its own. */
export const ruleSchema = Type.Object(ruleBase, { additionalProperties: true });

export const siteSchema = Type.Object(
  {
    site: Type.Object(
      {
        id,
        name: Type.Optional(Type.String()),
        timezone: Type.String({ description: 'IANA, as Europe/Berlin' }),
        place: Type.Optional(placeSchema),
      },
      closed,
    ),
    devices: Type.Array(deviceSchema),
    consumers: Type.Optional(Type.Array(consumerSchema)),
    cameras: Type.Optional(Type.Array(cameraSchema)),
    rules: Type.Optional(Type.Array(ruleSchema)),
  },
  closed,
);

type Branded<T, Name> = Omit<T, 'id'> & { readonly id: Name };
export type DeviceConfig = Branded<Type.Static<typeof deviceSchema>, DeviceId>;
export type ConsumerConfig = Type.Static<typeof consumerSchema>;
export type ZoneConfig = Type.Static<typeof zoneSchema>;
export type MaskConfig = Type.Static<typeof maskSchema>;
export type MotionMaskConfig = Type.Static<typeof motionMaskSchema>;
export type HardwareDecoder = (typeof hardwareDecoders)[number];
export type LineConfig = Type.Static<typeof lineSchema>;
export type CameraConfig = Branded<Type.Static<typeof cameraSchema>, DeviceId>;
export type RuleConfig = Branded<Type.Static<typeof ruleSchema>, RuleId> & { readonly [key: string]: unknown };

export interface Site {
  readonly id: SiteId;
  readonly name: string;
  readonly timezone: string;
  readonly place?: string;
  readonly devices: readonly DeviceConfig[];
  readonly consumers: readonly ConsumerConfig[];
  readonly cameras: readonly CameraConfig[];
  readonly rules: readonly RuleConfig[];
  /** sha256 of the file, in hex: which configuration this is */
  readonly revision: string;
}

/** What people call a device or camera, and where it is, its site's place where it has none of its own. */
export function deviceWords(
  { devices, cameras, place }: Pick<Site, 'devices' | 'cameras' | 'place'>,
  id: string,
): { readonly name?: string | undefined; readonly place?: string | undefined } {
  const known = devices.find((one) => one.id === id) ?? cameras.find((one) => one.id === id);
  return { name: known?.name, place: known?.place ?? place };
}

const sinkSecretSchema = Type.Union([
  Type.Object({ token: Type.String({ minLength: 16 }) }, closed),
  Type.Object({ password: Type.String({ minLength: 1 }) }, closed),
]);
export type SinkSecret = Type.Static<typeof sinkSecretSchema>;

/**
 * secrets.yaml. Passwords stand here as hashes: those that the gateway made for devices and consumers as keyed ones
 * (shared/made-credential.ts), those that people chose as argon2id (shared/password.ts).
 */
export const secretsSchema = Type.Object(
  {
    /** by device or consumer id */
    mqtt: Type.Record(Type.String({ pattern: idPatternText }), Type.String()),
    /** the people who may open the gateway's page, by log-in name */
    console: Type.Record(Type.String({ minLength: 1 }), Type.String()),
    /** those of them that see everything and change nothing, for a screen on a wall */
    viewers: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        maxItems: 1000,
        description: 'log-in names under console that see everything on the page and change nothing',
      }),
    ),
    /** by camera id, as they are: the camera wants them so */
    cameras: Type.Optional(
      Type.Record(
        Type.String({ pattern: idPatternText }),
        Type.Object({ user: Type.String(), password: Type.String() }, closed),
      ),
    ),
    /** by sink name: what the HTTPS receiver knows this gateway by, or the password of Kafka's user */
    uplink: Type.Optional(Type.Record(Type.String(), sinkSecretSchema)),
  },
  closed,
);
export type Secrets = Type.Static<typeof secretsSchema>;
