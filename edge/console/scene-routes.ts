/**
 * Routes of a camera's set-up: zones, lines and masks, and the test of the camera. Behind the log-in.
 *
 * Always: a scene is saved only over the revision that the page has edited (else 409). A scene that would make site.yaml
 * invalid is refused with the reason (422), and changes nothing.
 */

import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { problem } from '@forpost/shared/http/schema.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import { refusedFor } from '../site/refused-for.ts';
import { unknownCamera } from './refusals.ts';
import {
  cameraParams,
  cameraSceneAnswer,
  cameraTestAnswer,
  cameraTestBody,
  saveSceneAnswer,
  saveSceneBody,
} from './schemas/cameras.ts';
import type { ConsoleSource } from './source.ts';

const noCamera = problem('the site has no such camera');

export function registerSceneRoutes(
  app: Api,
  { source, login }: { readonly source: ConsoleSource; readonly login: Login },
): void {
  const see = { right: 'see' } as const;
  const act = { right: 'act' } as const;
  const needCamera = (id: string) => {
    if (!source.status().cameras.some((camera) => camera.id === id)) throw unknownCamera(id);
  };

  app.get(
    '/api/v1/cameras/:id/scene',
    {
      config: see,
      schema: {
        summary: 'Zones, lines and masks of a camera, with their revision',
        params: cameraParams,
        response: { 200: cameraSceneAnswer, 404: noCamera },
      },
    },
    async ({ params: { id } }) => {
      needCamera(id);
      return { revision: source.status().revision, rules: source.rules(id), ...source.scene(id) };
    },
  );

  app.put(
    '/api/v1/cameras/:id/scene',
    {
      config: act,
      schema: {
        summary: 'Saves zones, lines and masks; 409 where the revision is not the newest, 422 with the problems',
        params: cameraParams,
        body: saveSceneBody,
        response: {
          200: saveSceneAnswer,
          404: noCamera,
          409: problem('the revision is not the newest'),
          422: problem('the site would become invalid; `detail` names the problems'),
        },
      },
    },
    async (request) => {
      const { id } = request.params;
      needCamera(id);
      const { revision, zones, lines, masks, motion_masks = source.scene(id).motion_masks } = request.body;
      const by = login.sessionOf(request)?.user ?? '';
      const saved = await source.saveScene(id, revision, { zones, lines, masks, motion_masks }, by);
      if ('conflict' in saved) throw new HttpProblem(409, saved.conflict);
      if ('problems' in saved) throw new HttpProblem(422, refusedFor(saved));
      request.log.info({ camera: id, by, revision: saved.revision }, 'zones, lines and masks were saved');
      return saved;
    },
  );

  app.get(
    '/api/v1/cameras/:id/trial',
    {
      config: see,
      schema: {
        summary: 'The test of a camera: the verdict of each rule on each change',
        params: cameraParams,
        response: { 200: cameraTestAnswer, 404: noCamera },
      },
    },
    async ({ params: { id } }) => {
      needCamera(id);
      return source.cameraTest(id);
    },
  );

  app.post(
    '/api/v1/cameras/:id/trial',
    {
      config: act,
      schema: {
        summary: 'Begins or ends a test of a camera',
        params: cameraParams,
        body: cameraTestBody,
        response: { 200: cameraTestAnswer, 404: noCamera },
      },
    },
    async (request) => {
      const { id } = request.params;
      needCamera(id);
      source.beginCameraTest(id, request.body.seconds);
      const by = login.sessionOf(request)?.user ?? '';
      request.log.info({ camera: id, by, seconds: request.body.seconds }, 'a test of a camera was begun or ended');
      return source.cameraTest(id);
    },
  );
}
