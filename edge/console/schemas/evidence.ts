/** Pictures and clips over the gateway's API. */

import { answer, list, optional } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';
import { severitySchema } from '../../site/site.ts';

export const defaultListed = 50;
const mostListed = 500;

export const evidenceQuery = Type.Object({
  alarm: optional(Type.String({ maxLength: 300, description: 'only of this alarm' })),
  limit: optional(
    Type.Integer({
      minimum: 1,
      maximum: mostListed,
      description: `maximum number of items in the answer, default ${defaultListed}`,
    }),
  ),
});

export const evidenceParams = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{16}$', description: 'id of the picture or clip' }),
});

export const evidenceAnswer = answer({
  evidence: list(
    answer({
      id: Type.String({ description: 'id of the picture or clip' }),
      kind: Type.Enum(['picture', 'best', 'clip'], {
        description: 'picture: the alarm’s frame; best: the frame that shows the track best; clip: the time around it',
      }),
      media: Type.Enum(['image/jpeg', 'video/mp4'], { description: 'media type of the file' }),
      sha256: Type.String({ description: 'sha256 of the file, in hex' }),
      size: Type.Integer({ description: 'bytes of the file' }),
      time: Type.Number({ description: 'ms since 1970 of the moment that it shows' }),
      clock: Type.Enum(['synced', 'unsynced'], { description: 'whether the gateway’s clock was in sync then' }),
      camera: Type.String({ description: 'id of the camera' }),
      alarms: list(Type.String({ description: 'id of an alarm that it belongs to' })),
      worth: Type.Enum(['alarm', 'chatter'], { description: 'chatter: of alarms that notify nobody; kept shorter' }),
      told: optional(
        list(
          answer({
            alarm: Type.String({ description: 'id of the alarm' }),
            rule: Type.String({ description: 'id of the rule' }),
            severity: severitySchema,
            message: Type.String({ description: 'the alarm in words' }),
            test: Type.Boolean({ description: 'an installer’s test' }),
            raised: Type.Number({ description: 'ms since 1970: when the alarm was raised' }),
          }),
        ),
      ),
    }),
  ),
});
