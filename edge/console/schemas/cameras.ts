/** Cameras over the gateway's API: what is drawn in the picture, what is tracked, and the test of a camera. */

import { answer, closed, list, message, optional, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';
import { longestTestS } from '../../rules/camera-test.ts';
import { lineSchema, maskSchema, motionMaskSchema, zoneSchema } from '../../site/site.ts';

const mostDrawn = 32;
const unit = Type.Number({ minimum: 0, maximum: 1 });

export const cameraParams = Type.Object({ id: Type.String({ maxLength: 64, description: 'id of the camera' }) });

const track = answer({
  id: Type.Integer({ description: 'number of the track, counted up from 1 for each camera' }),
  class: Type.String({ description: 'what it is: person, car, …' }),
  score: Type.Number({ description: '0 to 1: score of the newest detection' }),
  best: Type.Number({ description: '0 to 1: score of the most certain detection so far' }),
  box: Type.Immutable(
    Type.Tuple([unit, unit, unit, unit], {
      description: 'x, y, width, height from 0 to 1 of the picture, from its top left',
    }),
  ),
  seen: Type.Integer({ description: 'analysed frames that detected it' }),
  static: Type.Boolean({ description: 'a parked thing' }),
  zones: list(Type.String({ description: 'id of a zone that contains its feet' })),
  anyClass: optional(Type.Literal(true, { description: 'seen by the built-in model: the class is unknown' })),
});
const at = Type.Number({ description: 'ms of the monotonic clock' });
const change = Type.Union(
  [
    answer({
      change: Type.Union(
        [Type.Literal('entered'), Type.Literal('left'), Type.Literal('parked'), Type.Literal('moved')],
        { description: 'what the track did in the zone' },
      ),
      zone: Type.String({ description: 'id of the zone' }),
      track,
      at,
    }),
    answer({
      change: Type.Literal('crossed', { description: 'the track crossed a line' }),
      line: Type.String({ description: 'id of the line' }),
      to: Type.Union([Type.Literal('left'), Type.Literal('right'), Type.Literal('up'), Type.Literal('down')], {
        description: 'the side of the line that the track is on now',
      }),
      track,
      at,
    }),
  ],
  { description: 'a change since the frame before' },
);

export const sceneNotice = answer({
  camera: Type.String({ description: 'id of the camera' }),
  time: time('when the frame was complete'),
  tracks: list(track),
  changes: list(change),
});

export const tracksAnswer = answer({
  scene: Type.Union([sceneNotice, Type.Null()], { description: 'newest analysed frame; null before the first one' }),
});

export const cameraScene = answer({
  zones: list(zoneSchema),
  lines: list(lineSchema),
  masks: list(maskSchema),
  motion_masks: list(motionMaskSchema),
});

const cameraRule = answer({
  id: Type.String({ description: 'id of a rule about this camera' }),
  name: Type.String({ description: 'name of the rule' }),
  kind: Type.String({ description: 'kind of the rule' }),
  zone: optional(Type.String({ description: 'id of the zone that it refers to' })),
  line: optional(Type.String({ description: 'id of the line that it refers to' })),
});
export type CameraRule = Type.Static<typeof cameraRule>;

export const cameraSceneAnswer = answer({
  revision: Type.String({ description: 'revision of the site; a save names it' }),
  rules: list(cameraRule),
  ...cameraScene.properties,
});
export type CameraSceneView = Type.Static<typeof cameraSceneAnswer>;

export const saveSceneBody = Type.Object(
  {
    revision: Type.String({
      pattern: '^[0-9a-f+]{6,80}$',
      description: 'revision of the site that was edited',
    }),
    zones: Type.Array(zoneSchema, { maxItems: mostDrawn, description: 'all zones of the camera' }),
    lines: Type.Array(lineSchema, { maxItems: mostDrawn, description: 'all lines of the camera' }),
    masks: Type.Array(maskSchema, { maxItems: mostDrawn, description: 'all masks of the camera' }),
    motion_masks: optional(
      Type.Array(motionMaskSchema, {
        maxItems: mostDrawn,
        description: 'all motion masks of the camera; absent: they stay unchanged',
      }),
    ),
  },
  closed,
);
export const saveSceneAnswer = answer({ revision: Type.String({ description: 'new revision of the site' }) });

export const cameraTestBody = Type.Object(
  {
    seconds: Type.Integer({ minimum: 0, maximum: longestTestS, description: 'length of the test; 0 ends it' }),
  },
  closed,
);

export const cameraTestAnswer = answer({
  secondsLeft: Type.Integer({ description: 's that are left; 0: no test' }),
  entries: list(
    answer({
      id: Type.Integer({ description: 'counts up from 1' }),
      time: time('when the picture changed'),
      what: Type.String({ description: 'the change in words' }),
      whatI18n: optional(message('`what` as a message of the catalogue')),
      verdicts: list(
        answer({
          rule: Type.String({ description: 'id of the rule' }),
          name: Type.String({ description: 'name of the rule' }),
          fired: Type.Boolean({ description: 'whether the rule fired' }),
          why: Type.String({ description: 'why it fired or did not, in words' }),
          whyI18n: optional(message('`why` as a message of the catalogue')),
        }),
      ),
    }),
  ),
});
