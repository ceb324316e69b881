/**
 * GET /api/v1/stream: live messages for each open page.
 *
 * Always: in the registry, this capability comes after those whose changes it sends. A new capability sends messages of its
 * own with `LiveFeed.message`, and this folder stays unchanged.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { EventStreams } from '@forpost/shared/http/event-stream.ts';
import { media } from '@forpost/shared/http/schema.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { CentreAlarms } from '../alarms/centre-alarms.ts';
import type { CapabilityKind } from '../api/capability.ts';
import type { GatewayDirectory } from '../gateways/directory.ts';
import { type GatewayService, gatewayServiceKind } from '../gateways/out-of-service.ts';
import type { CentreView } from '../health/schemas.ts';
import type { LedgerView } from '../ledger/schemas.ts';
import type { Registry } from '../registry/registry.ts';
import type { LiveFeed } from './feed.ts';
import { LiveStreams } from './streams.ts';

export interface LiveServices {
  readonly live: LiveFeed;
  readonly ledger: (gateway: string) => Promise<LedgerView | undefined>;
  readonly health: { view(): CentreView };
  /** whether `live` receives every stored event, because no other centre stores events */
  readonly storesAll: () => boolean;
  readonly service: Pick<GatewayService, 'isOut'>;
  readonly gateways: Pick<GatewayDirectory, 'get' | 'onChange'>;
  readonly centreAlarms: Pick<CentreAlarms, 'onChange'>;
  readonly registry: Pick<Registry, 'onChange'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const maxStreams = 500;

export const live: CapabilityKind<LiveServices> = {
  name: 'live',
  create: (services) => ({
    routes(api, caller) {
      const { live: feed, ledger, health, storesAll, service, clock, logger } = services;
      const streams = new LiveStreams({
        live: feed,
        ledger,
        storesAll,
        clock,
        logger,
        centre: () => health.view(),
        isOut: (gateway) => service.isOut(gateway),
        streams: new EventStreams(api, { clock, maxStreams }),
      });
      api.get(
        '/api/v1/stream',
        {
          config: { right: 'see' },
          schema: {
            summary: 'Server-sent events: hello, tick, centre, events, alert, command, gateway, ledger',
            response: { 200: media('events until the client or the log-in ends', 'text/event-stream') },
          },
        },
        async (request, reply) => {
          streams.open(request, reply, caller.session(request));
          return reply;
        },
      );
    },
    stored: (events) => services.live.stored(events),
    part: changesToFeed(services),
  }),
};

/** Publishes each change of a gateway, of a centre's alarm and of a gateway's service to the feed. */
function changesToFeed({ live: feed, gateways, centreAlarms, registry }: LiveServices): Part {
  const stops: (() => void)[] = [];
  return {
    async start() {
      stops.push(
        gateways.onChange((gateway) => feed.gateway(gateway)),
        centreAlarms.onChange((alarm) => feed.centreAlarm(alarm)),
        registry.onChange(gatewayServiceKind, ({ id }) => {
          const known = gateways.get(id);
          if (known !== undefined) feed.gateway(known);
        }),
      );
    },
    async stop() {
      for (const stop of stops.splice(0)) stop();
    },
  };
}
