/**
 * The schemas of devices, bridges and the devices behind bridges in the document, with what other sections share with them.
 * site.ts passes them on.
 */
import { idPatternText } from '@forpost/shared/event/ids.ts';
import Type from 'typebox';

export const closed = { additionalProperties: false } as const;
export const id = (description: string) => Type.String({ pattern: idPatternText, description });
export const name = Type.Optional(Type.String({ description: 'name for people', 'x-default': 'the id' }));
export const placeSchema = Type.String({
  maxLength: 200,
  description: 'where it is, as "cellar, left of the door"; shown with alarms, in lists and in notifications',
});

/** A bridge's name of a device behind it, in letters: Zigbee2MQTT's may have levels, as "house/kitchen/lamp". */
export const longestSource = 200;

/** a topic without wildcards, of one level or several, none of them empty */
export const topicPattern = '^(?!.{101})[^#+/\\s]+(/[^#+/\\s]+)*$';
/** Open: a decoder adds keys of its own (config/device-schema.ts). */
export const deviceSchema = Type.Object(
  {
    id: id('id of the device, its user name at the broker and its name in events; never changes'),
    name,
    decoder: Type.String({ description: 'what the device speaks' }),
    topic: Type.Optional(
      Type.String({
        pattern: topicPattern,
        description: 'what the device calls itself in its topics, as "plug" or "home/kitchen/plug"',
        'x-default': 'the id',
      }),
    ),
    keys: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Union([
          Type.String(),
          Type.Object(
            {
              metric: Type.String({ description: 'name of the metric, as power_w' }),
              factor: Type.Optional(
                Type.Number({
                  description: 'multiplies the value into the metric’s unit: 1000 makes Wh of kWh',
                  default: 1,
                }),
              ),
            },
            closed,
          ),
        ]),
        {
          description:
            'meaning of keys that no table knows: path of the key as the page shows it ("HEATER.Flow") to a metric or {metric, factor}',
        },
      ),
    ),
    place: Type.Optional(placeSchema),
  },
  { additionalProperties: true },
);

export const bridgedDeviceSchema = Type.Object(
  {
    id: id('id of the device in rules, events and on the page; never changes, not even behind another bridge'),
    source: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: longestSource,
        description:
          'what the bridge calls the device, or its address at the bridge (0x00158d0001a2b3c4), which stays when the bridge renames it',
        'x-default': 'the id',
      }),
    ),
    name,
    place: Type.Optional(placeSchema),
  },
  { ...closed, description: 'a device that has no log-in of its own: its bridge speaks for it' },
);

/** Open: a decoder adds keys of its own (config/device-schema.ts). */
export const bridgeSchema = Type.Object(
  {
    ...deviceSchema.properties,
    id: id('id of the bridge, its user name at the broker and its name in events; never changes'),
    decoder: Type.String({ description: 'what the bridge speaks' }),
    topic: Type.Optional(
      Type.String({
        pattern: topicPattern,
        description: 'what the bridge calls itself in its topics; of Zigbee2MQTT its base_topic',
        'x-default': 'the id',
      }),
    ),
    devices: Type.Optional(
      Type.Array(bridgedDeviceSchema, {
        maxItems: 2000,
        description: 'the devices behind the bridge; others that it speaks for wait to be named',
      }),
    ),
  },
  { additionalProperties: true },
);
