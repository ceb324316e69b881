/**
 * Adds or changes a camera together with its log-in: the camera in the site's document, the log-in in the secrets. The
 * page's server and the gateway's socket register it.
 *
 * Always: a refused change leaves the log-in as it was; a log-in alone can change too, and the camera takes it at once.
 */
import type { FastifyInstance } from 'fastify';
import type Type from 'typebox';
import type { CameraLogin } from '../cameras/messages.ts';
import type { Edit } from '../site/document-edit.ts';
import { saveBody } from './schemas/camera-set-up.ts';
import { cameraParams } from './schemas/cameras.ts';
import { changedAnswer, changeRefusals } from './schemas/site.ts';
import { answer, ifMatch, type SiteRouteParts, seenIn } from './site-routes.ts';

export interface CameraLogins {
  /** Writes the log-in of a camera, which an empty user removes. Returns a function that undoes this. */
  write(camera: string, login: CameraLogin): () => void;
  /** Writes the log-in while no change of the site is under way, and lets the camera take it. */
  change(camera: string, login: CameraLogin): Promise<void>;
}

export interface CameraSaveParts extends Pick<SiteRouteParts, 'document' | 'authorOf'> {
  readonly logins: CameraLogins;
}

export function registerCameraSaveRoute(app: FastifyInstance, { document, authorOf, logins }: CameraSaveParts): void {
  app.put<{
    Params: Type.Static<typeof cameraParams>;
    Body: Type.Static<typeof saveBody>;
    Headers: Type.Static<typeof ifMatch>;
  }>(
    '/api/v1/cameras/:id',
    {
      config: { right: 'act' },
      schema: {
        summary: 'Adds or changes a camera with its log-in, in one step',
        description: 'The edits are those of PATCH /api/v1/site. The log-in is kept as a secret, in no revision.',
        params: cameraParams,
        headers: ifMatch,
        body: saveBody,
        response: { 200: changedAnswer, ...changeRefusals },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { edits = [], login, why = '' } = request.body;
      const by = authorOf(request);
      const changed = await document.change({
        seen: seenIn(request),
        author: by,
        why,
        edit: edits as readonly Edit[],
        makeSecrets: () => (login === undefined ? () => undefined : logins.write(id, login)),
      });
      if (login !== undefined && 'unchanged' in changed) await logins.change(id, login);
      const told = answer(reply, changed);
      if (login !== undefined) request.log.info({ camera: id, by: by.name }, 'the log-in of a camera was stored');
      return told;
    },
  );
}
