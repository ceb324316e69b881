/**
 * Routes of the links to the centre: how each is made, and a try of one. The page's server registers them behind its log-in,
 * the gateway's socket for users of this machine. The links themselves stand in gateway.yaml.
 *
 * Always: no answer has a secret; a try sends no event, and tries of one link at the same time share one.
 */
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import type { LinkView } from '../uplink/link-view.ts';
import type { LinkStep } from '../uplink/messages.ts';
import { centreAnswer, linkParams, linkRefusals, type TriedLink, triedLinkAnswer } from './schemas/centre.ts';

export interface CentreLinks {
  readonly links: () => readonly LinkView[];
  /** @throws ForpostError where the uplink does not run */
  readonly tryLink: (sink: string) => Promise<readonly LinkStep[]>;
}

export function registerCentreRoutes(api: Api, { links, tryLink }: CentreLinks): void {
  api.get(
    '/api/v1/centre',
    {
      config: { right: 'see' },
      schema: {
        summary: 'How the gateway is linked to its centre',
        description: 'State and backlog of each uplink are in GET /api/v1/status.',
        response: { 200: centreAnswer },
      },
    },
    async () => ({
      links: links().map(({ isEncrypted, certificateUntil, lastSuccess, ...link }) => ({
        ...link,
        encrypted: isEncrypted,
        certificateUntil: certificateUntil === null ? null : rfc3339(certificateUntil),
        lastSuccess: lastSuccess === null ? null : rfc3339(lastSuccess),
      })),
    }),
  );
  api.post(
    '/api/v1/centre/:sink/try',
    {
      config: { right: 'act' },
      schema: {
        summary: 'Tries a link step by step: name, connection, TLS, log-in, answer',
        description: 'Nothing is stored at the other side: no event is sent.',
        params: linkParams,
        response: { 200: triedLinkAnswer, ...linkRefusals },
      },
    },
    async ({ params: { sink } }) => {
      if (!links().some((link) => link.sink === sink))
        throw new HttpProblem(404, words('gateway/reason.link-unknown', { name: sink }));
      try {
        return triedLink(await tryLink(sink));
      } catch (error) {
        if (!(error instanceof ForpostError)) throw error;
        throw new HttpProblem(503, messageOf(error));
      }
    },
  );
}

function triedLink(steps: readonly LinkStep[]): TriedLink {
  return {
    ok: steps.at(-1)?.result === 'ok',
    steps: steps.map(({ said, ...step }) => {
      const i18n = recognise(said);
      return { ...step, message: said, ...(i18n === undefined ? {} : { message_i18n: i18n }) };
    }),
  };
}
