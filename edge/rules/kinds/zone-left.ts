/**
 * The rule kind `zone-left`: a thing leaves a zone (a child the playground, a load its place). The first one raises the
 * alarm, each further one updates it; it clears when no thing left for `clear_after_s`.
 *
 * Always: a camera that loses its tracks raises nothing. A thing that parks in the zone has not left it. A parked thing
 * leaves only by moving: when the detector no longer finds it, it has not left.
 */

import { asId, type DeviceId } from '@forpost/shared/event/ids.ts';
import { classValue } from '@forpost/shared/texts/class-names.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { RuleConfig } from '../../site/site.ts';
import { worded } from '../messages.ts';
import type { Evaluation, RuleChange, RuleContext, RuleKind } from '../rule.ts';
import { seconds, whenKey } from './common.ts';
import { MomentaryAlarm } from './momentary-alarm.ts';
import { Presence } from './presence.ts';
import { thingKeys, thingsInWords, zoneInWords, zoneKeys } from './things.ts';
import { meansInZone, zoneKind } from './zone-kind.ts';

const schema = Type.Object(
  {
    ...zoneKeys,
    ...thingKeys,
    clear_after_s: Type.Optional(seconds('time after the last thing left until the alarm ends', { default: 10 })),
    ...whenKey,
  },
  {
    additionalProperties: false,
    description: 'raised when a thing leaves a zone',
  },
);

export type ZoneLeftConfig = RuleConfig & Type.Static<typeof schema>;

interface State {
  readonly context: RuleContext;
  readonly camera: DeviceId;
  readonly presence: Presence;
  readonly alarm: MomentaryAlarm;
}

const defaultClearAfterS = 10;
const placeholders = ['camera', 'zone', 'class', 'score', 'seconds', 'inside'];
const cause = 'zone-left';

export const zoneLeft: RuleKind<ZoneLeftConfig, State> = {
  kind: 'zone-left',
  title: message('rule/kind.zone-left'),
  category: 'intrusion',
  schema,
  ...zoneKind({
    subject: 'scene',
    placeholders,
    standingCounts: false,
    whyNot: ({ change }) => (change === 'left' ? undefined : words('gateway/reason.tells-leaving')),
  }),

  clause: (config, names) =>
    message('rule/clause.zone-left', { ...zoneInWords(config, names), things: thingsInWords(config) }),

  initial(config, context, uptime) {
    const { camera, zone } = config;
    return {
      context,
      camera: asId<'device'>(camera),
      presence: new Presence({
        zone,
        // a car that was parked for a week has left when it drives off
        parked: true,
        means: meansInZone(config, context),
      }),
      alarm: new MomentaryAlarm((config.clear_after_s ?? defaultClearAfterS) * 1000, context.active.length > 0, uptime),
    };
  },

  observe(config, state, observation, uptime) {
    const { presence, alarm, context, camera } = state;
    if (observation.kind === 'scene-lost') presence.clear();
    const { went } = presence.observe(observation, uptime);
    const left = went.filter(({ track }) => !track.static);
    const changes = left.map(({ track, since }): RuleChange => {
      const stayed = Math.max(0, Math.round((uptime - since) / 1000));
      const fields = {
        camera: context.nameOf(config.camera),
        zone: context.zoneNameOf(config.camera, config.zone),
        class: track.class,
        score: track.best.toFixed(2),
        seconds: context.words.formats.span(stayed),
        inside: String(presence.count),
      };
      const sentence = message('alarm/zone-left.raised', {
        camera: fields.camera,
        zone: fields.zone,
        thing: classValue(track.class),
        duration: { seconds: stayed },
      });
      const says = worded(context.words, config.message, fields, sentence);
      const change = alarm.happened(uptime);
      return { change, device: camera, subject: config.zone, ...says, cause, value: stayed, time: observation.time };
    });
    return evaluation(state, changes);
  },

  wake(config, state, now, uptime) {
    if (!state.alarm.ends(uptime)) return evaluation(state, []);
    const { context, camera } = state;
    const zone = context.zoneNameOf(config.camera, config.zone);
    const over = message('alarm/zone-left.over', { camera: context.nameOf(config.camera), zone });
    const says = worded(context.words, undefined, {}, over);
    return evaluation(state, [
      { change: 'cleared', device: camera, subject: config.zone, ...says, cause, value: 0, time: now },
    ]);
  },
};

function evaluation(state: State, changes: readonly RuleChange[]): Evaluation<State> {
  const { wakeAt } = state.alarm;
  return wakeAt === undefined ? { state, changes } : { state, changes, wakeAt };
}
