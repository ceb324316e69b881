/** Which site a gateway belongs to, over HTTP: staff look at it, and move a gateway or rename its site. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { ForpostError } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem, tryAgainIn } from '@forpost/shared/http/problem.ts';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { idParams } from '../api/schemas.ts';
import type { OperationsLog } from '../operations/operations.ts';
import type { GatewaySites } from './gateway-sites.ts';

export interface SiteRouteParts {
  readonly sites: Pick<GatewaySites, 'of' | 'move'>;
  readonly operations: Pick<OperationsLog, 'append'>;
  readonly login: Login;
}

const moveBody = Type.Object(
  { site: Type.String({ pattern: idPatternText, description: 'the id of its site from now on' }) },
  { additionalProperties: false },
);

const siteAnswer = Type.Object({
  gateway: Type.String(),
  site: Type.String({ description: 'that counts' }),
  former: Type.Array(
    Type.Object({
      site: Type.String(),
      until: Type.String({ format: 'date-time', description: 'what names this site is taken until then' }),
    }),
  ),
});

const retryMs = 2_000;

export function registerSiteRoutes(server: FastifyInstance, { sites, operations, login }: SiteRouteParts): void {
  const app = server.withTypeProvider<TypeBoxTypeProvider>();
  const answer = (gateway: string) => {
    const known = sites.of(gateway);
    if (known === undefined) throw new HttpProblem(404, `no gateway "${gateway}" is known`);
    const former = known.former.map(({ site, until }) => ({ site, until: rfc3339(until) }));
    return { gateway, site: known.site, former };
  };

  app.get(
    '/api/v1/gateways/:id/site',
    {
      config: { right: 'see' },
      schema: { summary: 'The site that a gateway belongs to', params: idParams, response: { 200: siteAnswer } },
    },
    async ({ params: { id } }) => answer(id),
  );

  app.post(
    '/api/v1/gateways/:id/site',
    {
      config: { right: 'act' },
      schema: {
        summary: 'Moves a gateway to another site, or follows a site that was renamed',
        description:
          'What a gateway says first is recorded; later it is refused where it names another site, until this is asked for. ' +
          'What still names the site before is taken for a week.',
        params: idParams,
        body: moveBody,
        response: { 200: siteAnswer },
      },
    },
    async (request) => {
      const { id } = request.params;
      const by = login.sessionOf(request)?.user ?? '';
      const before = answer(id).site;
      try {
        await operations.append({ operation: 'gateway-moved', by, subject: request.body.site, gateway: id, before });
        await sites.move(id, request.body.site, by);
      } catch (error) {
        if (error instanceof ForpostError && error.retryable)
          throw tryAgainIn(503, retryMs, `${error.message}: send it again`);
        throw error;
      }
      return answer(id);
    },
  );
}
