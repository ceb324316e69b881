/** The newest state of each gateway, and whether staff have taken it out of service. */
import type { Clock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { idParams, problem } from '@forpost/shared/http/schema.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { changed } from '../api/answers.ts';
import type { CapabilityKind } from '../api/capability.ts';
import type { GatewayDirectory } from './directory.ts';
import { type GatewayService, gatewayServiceKind } from './out-of-service.ts';
import { gatewaysAnswer, serviceAnswer, serviceBody } from './schemas.ts';
import type { Takeovers } from './takeovers.ts';
import { gatewayView, takeoverView } from './view.ts';

export interface GatewayRouteServices {
  readonly gateways: Pick<GatewayDirectory, 'all' | 'get' | 'start' | 'stop'>;
  readonly service: Pick<GatewayService, 'isOut' | 'set'>;
  readonly takeovers: Pick<Takeovers, 'of' | 'oldBox'>;
  readonly clock: Pick<Clock, 'now'>;
}

export const gateways: CapabilityKind<GatewayRouteServices> = {
  name: 'gateways',
  registryKinds: [gatewayServiceKind],
  create: ({ gateways: directory, service, takeovers, clock }) => ({
    part: directory,
    routes(api, caller) {
      api.get(
        '/api/v1/gateways',
        {
          config: { right: 'see' },
          schema: { summary: 'Gateways as they are now', response: { 200: gatewaysAnswer } },
        },
        async () => ({
          now: rfc3339(clock.now()),
          gateways: directory.all().map((known) => ({
            ...gatewayView(known, !service.isOut(known.gateway)),
            ...takeoverView(takeovers.of(known.gateway).at(-1), takeovers.oldBox(known.gateway)),
          })),
        }),
      );

      api.post(
        '/api/v1/gateways/:id/service',
        {
          config: { right: 'act' },
          schema: {
            summary: 'Takes a gateway out of service, or back: out of service the centre raises nothing about it',
            params: idParams,
            body: serviceBody,
            response: { 200: serviceAnswer, 404: problem('no such gateway is known') },
          },
        },
        async (request) => {
          const { id } = request.params;
          const { in_service: inService } = request.body;
          if (directory.get(id) === undefined)
            throw new HttpProblem(404, message('centre/reason.no-gateway', { gateway: id }));
          await changed(service.set(id, !inService, caller.person(request)), (reason) =>
            message('centre/reason.not-changed', { reason }),
          );
          return { gateway: id, in_service: inService };
        },
      );
    },
  }),
};
