/** The rule kind `zone-count`: more things than `above`, or fewer than `below`, in a zone for `hold_s` (occupancy.ts). */
import { words } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { RuleConfig } from '../../site/site.ts';
import { worded } from '../messages.ts';
import type { RuleKind, RuleProblem } from '../rule.ts';
import { seconds, whenKey } from './common.ts';
import { beginOccupancy, judge, type Limit, type Occupancy, observeOccupancy } from './occupancy.ts';
import { countedInWords, thingKeys, zoneInWords, zoneKeys } from './things.ts';
import { zoneKind } from './zone-kind.ts';

const number = (description: string, minimum: number, more: { readonly 'x-instead'?: string } = {}) =>
  Type.Optional(Type.Integer({ minimum, maximum: 1000, description, ...more }));

const schema = Type.Object(
  {
    ...zoneKeys,
    ...thingKeys,
    above: number('the alarm is raised with more things than this', 0),
    below: number('the alarm is raised with fewer things than this', 1, { 'x-instead': 'above' }),
    hold_s: Type.Optional(seconds('how long the count must stay beyond the limit', { default: 0 })),
    parked: Type.Optional(Type.Boolean({ description: 'whether parked things count', default: true })),
    ...whenKey,
  },
  {
    additionalProperties: false,
    description: 'raised while more or fewer things than a limit are in a zone',
  },
);

export type ZoneCountConfig = RuleConfig & Type.Static<typeof schema>;

const placeholders = ['camera', 'zone', 'count', 'limit', 'seconds'];

export const zoneCount: RuleKind<ZoneCountConfig, Occupancy> = {
  kind: 'zone-count',
  title: message('rule/kind.zone-count'),
  category: 'occupancy',
  schema,
  ...zoneKind({
    subject: 'zone',
    placeholders,
    standingCounts: true,
    check: checkLimit,
    whyNot: () => words('gateway/reason.count-not-beyond'),
  }),

  clause({ above, below, hold_s: hold = 0, ...config }, names) {
    const about = {
      ...zoneInWords(config, names),
      counted: countedInWords(config),
      limit: above ?? below ?? 0,
      duration: { seconds: hold },
    };
    if (above !== undefined) return message(hold > 0 ? 'rule/clause.zone-more-for' : 'rule/clause.zone-more', about);
    return message(hold > 0 ? 'rule/clause.zone-fewer-for' : 'rule/clause.zone-fewer', about);
  },

  initial: (config, context) => beginOccupancy(config, context, config.parked ?? true),

  observe: (config, state, observation, uptime) => observeOccupancy(limitOf(config, state), state, observation, uptime),

  wake: (config, state, now, uptime) => judge(limitOf(config, state), state, now, uptime),
};

function checkLimit({ above, below }: ZoneCountConfig): readonly RuleProblem[] {
  if ((above === undefined) !== (below === undefined)) return [];
  return [{ path: [], message: words('mistake/rule.count-above-or-below') }];
}

function limitOf(config: ZoneCountConfig, { context, camera }: Occupancy): Limit {
  const { above, below, zone, hold_s: hold = 0 } = config;
  return {
    zone,
    holdMs: hold * 1000,
    isBeyond: (count) => (above !== undefined && count > above) || (below !== undefined && count < below),
    isWorse: (count, than) => (above === undefined ? count < than : count > than),
    change(change, count, time) {
      const fields = {
        camera: context.nameOf(config.camera),
        zone: context.zoneNameOf(config.camera, zone),
        count: String(count),
        limit: String(above ?? below ?? 0),
        seconds: context.words.formats.span(hold),
      };
      const sides = above === undefined ? fewer : more;
      const key = change === 'cleared' ? sides.over : hold === 0 ? sides.raised : sides.held;
      const place = { camera: fields.camera, zone: fields.zone };
      const sentence = message(key, { ...place, count, limit: above ?? below ?? 0, duration: { seconds: hold } });
      const says = worded(context.words, change === 'cleared' ? undefined : config.message, fields, sentence);
      return { change, device: camera, subject: zone, ...says, cause: 'zone-count', value: count, time };
    },
  };
}

const more = {
  raised: 'alarm/zone-count.more',
  held: 'alarm/zone-count.more-for',
  over: 'alarm/zone-count.no-longer-more',
} as const;
const fewer = {
  raised: 'alarm/zone-count.fewer',
  held: 'alarm/zone-count.fewer-for',
  over: 'alarm/zone-count.no-longer-fewer',
} as const;
