/**
 * Routes of a camera's set-up: zones, lines and masks, and the test of the camera. Behind the log-in.
 *
 * Always: a scene is saved only over the revision that the page has edited (else 409). A scene that would make site.yaml
 * invalid is refused with the reason (422), and changes nothing.
 */
import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { longestTrialS } from '../rules/trial.ts';
import { lineSchema, maskSchema, motionMaskSchema, zoneSchema } from '../site/site.ts';
import type { ConsoleSource } from './source.ts';
import type { CameraSceneView } from './view.ts';

const closed = { additionalProperties: false } as const;
const mostDrawn = 32;
const idParams = Type.Object({ id: Type.String({ maxLength: 64, description: 'id of the camera' }) });
const saveBody = Type.Object(
  {
    revision: Type.String({
      pattern: '^[0-9a-f+]{6,80}$',
      description: 'revision of the site that was edited',
    }),
    zones: Type.Array(zoneSchema, { maxItems: mostDrawn, description: 'all zones of the camera' }),
    lines: Type.Array(lineSchema, { maxItems: mostDrawn, description: 'all lines of the camera' }),
    masks: Type.Array(maskSchema, { maxItems: mostDrawn, description: 'all masks of the camera' }),
    motion_masks: Type.Optional(
      Type.Array(motionMaskSchema, {
        maxItems: mostDrawn,
        description: 'all motion masks of the camera; absent: they stay unchanged',
      }),
    ),
  },
  closed,
);
const trialBody = Type.Object(
  {
    seconds: Type.Integer({ minimum: 0, maximum: longestTrialS, description: 'length of the test; 0 ends it' }),
  },
  closed,
);

export function registerSceneRoutes(
  app: FastifyInstance,
  { source, login }: { readonly source: ConsoleSource; readonly login: Login },
): void {
  const see = { right: 'see' } as const;
  const act = { right: 'act' } as const;
  const needCamera = (id: string) => {
    if (!source.status().cameras.some((camera) => camera.id === id)) throw new HttpProblem(404, `no camera "${id}"`);
  };

  app.get<{ Params: Type.Static<typeof idParams> }>(
    '/api/v1/cameras/:id/scene',
    { config: see, schema: { summary: 'Zones, lines and masks of a camera, with their revision', params: idParams } },
    async ({ params: { id } }): Promise<CameraSceneView> => {
      needCamera(id);
      return { revision: source.status().revision, rules: source.rules(id), ...source.scene(id) };
    },
  );

  app.put<{ Params: Type.Static<typeof idParams>; Body: Type.Static<typeof saveBody> }>(
    '/api/v1/cameras/:id/scene',
    {
      config: act,
      schema: {
        summary: 'Saves zones, lines and masks; 409 where the revision is not the newest, 422 with the problems',
        params: idParams,
        body: saveBody,
      },
    },
    async (request) => {
      const { id } = request.params;
      needCamera(id);
      const { revision, zones, lines, masks, motion_masks = source.scene(id).motion_masks } = request.body;
      const by = login.sessionOf(request)?.user ?? '';
      const saved = await source.saveScene(id, revision, { zones, lines, masks, motion_masks }, by);
      if ('conflict' in saved) throw new HttpProblem(409, saved.conflict);
      if ('problems' in saved) throw new HttpProblem(422, saved.problems.join('. '));
      request.log.info({ camera: id, by, revision: saved.revision }, 'zones, lines and masks were saved');
      return saved;
    },
  );

  app.get<{ Params: Type.Static<typeof idParams> }>(
    '/api/v1/cameras/:id/trial',
    {
      config: see,
      schema: { summary: 'The test of a camera: the verdict of each rule on each change', params: idParams },
    },
    async ({ params: { id } }) => {
      needCamera(id);
      return source.trial(id);
    },
  );

  app.post<{ Params: Type.Static<typeof idParams>; Body: Type.Static<typeof trialBody> }>(
    '/api/v1/cameras/:id/trial',
    { config: act, schema: { summary: 'Begins or ends a test of a camera', params: idParams, body: trialBody } },
    async (request) => {
      const { id } = request.params;
      needCamera(id);
      source.beginTrial(id, request.body.seconds);
      const by = login.sessionOf(request)?.user ?? '';
      request.log.info({ camera: id, by, seconds: request.body.seconds }, 'a test of a camera was begun or ended');
      return source.trial(id);
    },
  );
}
