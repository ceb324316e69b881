/**
 * The schema of the devices and bridges in site.yaml: what all have, and the keys that each decoder adds. An unknown key is
 * an error; check-site.ts reports a key of another decoder.
 */
import Type, { type TSchema } from 'typebox';
import { decoders } from '../devices/decoders/registry.ts';
import { bridgeSchema, deviceSchema, siteSchema } from '../site/site.ts';

/** The decoders' own keys, by name. Two decoders may have the same key. */
const ownKeys = new Map<string, TSchema>();
for (const { schema } of decoders)
  for (const [key, own] of Object.entries(schema?.properties ?? {})) {
    const other = ownKeys.get(key);
    ownKeys.set(key, other === undefined ? own : Type.Optional(Type.Union([other, own])));
  }

const { devices, bridges, ...others } = siteSchema.properties;
const { topic, keys, place, ...named } = deviceSchema.properties;
const bridge = bridgeSchema.properties;

/** site.yaml with the devices' keys of all decoders. */
export const wholeSiteSchema = Type.Object(
  {
    format: others.format,
    site: others.site,
    devices: Type.Array(
      Type.Object(
        { ...named, topic, ...Object.fromEntries(ownKeys), keys, place },
        { additionalProperties: false, description: 'a meter or sensor that logs in to the broker and sends readings' },
      ),
      { description: 'meters and sensors' },
    ),
    bridges: Type.Optional(
      Type.Array(
        Type.Object(
          {
            id: bridge.id,
            name: bridge.name,
            decoder: bridge.decoder,
            topic: bridge.topic,
            ...Object.fromEntries(ownKeys),
            keys: bridge.keys,
            place: bridge.place,
            devices: bridge.devices,
          },
          {
            additionalProperties: false,
            description: 'a log-in that speaks for many devices, as Zigbee2MQTT or a meter concentrator',
          },
        ),
        { description: 'log-ins that speak for many devices each' },
      ),
    ),
    consumers: others.consumers,
    cameras: others.cameras,
    rules: others.rules,
    actions: others.actions,
  },
  { additionalProperties: false },
);
