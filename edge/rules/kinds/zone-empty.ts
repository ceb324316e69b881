/**
 * The rule kind `zone-empty`: no thing in a zone for `after_s`, such as a desk that must be manned or a machine that must
 * be watched (occupancy.ts). The alarm clears as soon as a thing is in the zone.
 */
import { words } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { RuleConfig } from '../../site/site.ts';
import { worded } from '../messages.ts';
import type { RuleKind } from '../rule.ts';
import { seconds, whenKey } from './common.ts';
import { beginOccupancy, judge, type Limit, type Occupancy, observeOccupancy } from './occupancy.ts';
import { countedInWords, thingKeys, zoneInWords, zoneKeys } from './things.ts';
import { zoneKind } from './zone-kind.ts';

const schema = Type.Object(
  {
    ...zoneKeys,
    ...thingKeys,
    after_s: seconds('how long the zone may be empty', { minimum: 1 }),
    parked: Type.Optional(Type.Boolean({ description: 'whether a parked thing counts', default: true })),
    ...whenKey,
  },
  {
    additionalProperties: false,
    description: 'raised while a zone is empty; never while the camera is not live',
  },
);

export type ZoneEmptyConfig = RuleConfig & Type.Static<typeof schema>;

const placeholders = ['camera', 'zone', 'seconds'];

export const zoneEmpty: RuleKind<ZoneEmptyConfig, Occupancy> = {
  kind: 'zone-empty',
  title: message('rule/kind.zone-empty'),
  category: 'occupancy',
  schema,
  ...zoneKind({
    subject: 'zone',
    placeholders,
    standingCounts: true,
    whyNot: () => words('gateway/reason.waits-empty'),
  }),

  clause: (config, names) =>
    message('rule/clause.zone-empty', {
      ...zoneInWords(config, names),
      counted: countedInWords(config),
      duration: { seconds: config.after_s },
    }),

  initial: (config, context) => beginOccupancy(config, context, config.parked ?? true),

  observe: (config, state, observation, uptime) => observeOccupancy(limitOf(config, state), state, observation, uptime),

  wake: (config, state, now, uptime) => judge(limitOf(config, state), state, now, uptime),
};

function limitOf(config: ZoneEmptyConfig, { context, camera }: Occupancy): Limit {
  const { zone, after_s: after } = config;
  return {
    zone,
    holdMs: after * 1000,
    isBeyond: (count) => count === 0,
    isWorse: () => false,
    change(change, count, time) {
      const fields = {
        camera: context.nameOf(config.camera),
        zone: context.zoneNameOf(config.camera, zone),
        seconds: context.words.formats.span(after),
      };
      const place = { camera: fields.camera, zone: fields.zone };
      const says =
        change === 'cleared'
          ? worded(context.words, undefined, fields, message('alarm/zone-empty.over', place))
          : worded(
              context.words,
              config.message,
              fields,
              message('alarm/zone-empty.raised', { ...place, duration: { seconds: after } }),
            );
      return { change, device: camera, subject: zone, ...says, cause: 'zone-empty', value: count, time };
    },
  };
}
