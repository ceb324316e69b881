/** Sites with their gateways; the site that a gateway belongs to, and staff's move of a gateway to another site. */
import { ForpostError } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { HttpProblem, tryAgainIn } from '@forpost/shared/http/problem.ts';
import { idParams, problem } from '@forpost/shared/http/schema.ts';
import { recognisedOr } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { CapabilityKind } from '../api/capability.ts';
import type { GatewayDirectory } from '../gateways/directory.ts';
import type { OperationsLog } from '../operations/operations.ts';
import { type GatewaySites, gatewaySiteKind } from './gateway-sites.ts';
import { moveBody, siteAnswer, sitesAnswer } from './schemas.ts';

export interface SiteServices {
  readonly gateways: Pick<GatewayDirectory, 'sites'>;
  readonly sites: Pick<GatewaySites, 'of' | 'move' | 'start' | 'stop'>;
  readonly operations: Pick<OperationsLog, 'append'>;
}

const retryMs = 2_000;
const noGateway = problem('no such gateway is known');

export const sites: CapabilityKind<SiteServices> = {
  name: 'sites',
  registryKinds: [gatewaySiteKind],
  create: ({ gateways, sites: gatewaySites, operations }) => ({
    part: gatewaySites,
    routes(api, caller) {
      const siteOf = (gateway: string) => {
        const known = gatewaySites.of(gateway);
        if (known === undefined) throw new HttpProblem(404, message('centre/reason.no-gateway', { gateway }));
        const former = known.former.map(({ site, until }) => ({ site, until: rfc3339(until) }));
        return { gateway, site: known.site, former };
      };

      api.get(
        '/api/v1/sites',
        {
          config: { right: 'see' },
          schema: { summary: 'Sites and their gateways', response: { 200: sitesAnswer } },
        },
        async () => ({ sites: gateways.sites() }),
      );

      api.get(
        '/api/v1/gateways/:id/site',
        {
          config: { right: 'see' },
          schema: {
            summary: 'The site that a gateway belongs to',
            params: idParams,
            response: { 200: siteAnswer, 404: noGateway },
          },
        },
        async ({ params: { id } }) => siteOf(id),
      );

      api.post(
        '/api/v1/gateways/:id/site',
        {
          config: { right: 'act' },
          schema: {
            summary: 'Moves a gateway to another site, or follows a site that was renamed',
            description:
              'The centre records the site that a gateway names first, and refuses events that name another site until ' +
              'this route moves the gateway. Events that still name the former site are taken for a week.',
            params: idParams,
            body: moveBody,
            response: { 200: siteAnswer, 404: noGateway },
          },
        },
        async (request) => {
          const { id } = request.params;
          const { site } = request.body;
          const by = caller.person(request);
          const before = siteOf(id).site;
          try {
            await operations.append({ operation: 'gateway-moved', by, subject: site, gateway: id, before });
            await gatewaySites.move(id, site, by);
          } catch (error) {
            if (error instanceof ForpostError && error.retryable)
              throw tryAgainIn(
                503,
                retryMs,
                message('centre/reason.send-again', { reason: recognisedOr(error.message) }),
              );
            throw error;
          }
          return siteOf(id);
        },
      );
    },
  }),
};
