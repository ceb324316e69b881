/**
 * Alarms at the centre: the list of all alarms, acknowledgements by people, and the alarms that the centre itself raises
 * about its gateways.
 *
 * Always: the watch over the gateways and the resend of acknowledgements start when the history answers, because both
 * ask it.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { type Part, Releasers } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { CapabilityKind } from '../api/capability.ts';
import type { Commands } from '../commands/commands.ts';
import type { CommandDesk } from '../commands/desk.ts';
import type { GatewayDirectory } from '../gateways/directory.ts';
import type { GatewayService } from '../gateways/out-of-service.ts';
import type { CentreAcknowledgement, HistoryStore } from '../history/store.ts';
import type { OperationsLog } from '../operations/operations.ts';
import { AcknowledgeAtCentre } from './acknowledge-at-centre.ts';
import { AcknowledgementResend } from './acknowledgement-resend.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { centreAlarmKind } from './centre-alarm.ts';
import type { CentreAlarms } from './centre-alarms.ts';
import { GatewayWatch, type GatewayWatchOptions, watchTimes } from './gateway-watch.ts';
import { addAlarmRoutes } from './routes.ts';

export interface AlarmServices {
  readonly config: { readonly gateway_alarms?: Parameters<typeof watchTimes>[0] };
  readonly history: Pick<HistoryStore, 'alarms' | 'noteAcknowledgements'>;
  readonly operations: Pick<OperationsLog, 'append'>;
  readonly gateways: Pick<GatewayDirectory, 'all' | 'get' | 'onChange' | 'silences'>;
  readonly service: Pick<GatewayService, 'isOut'>;
  /** number of a gateway's missing events; undefined = unknown now */
  readonly missing: GatewayWatchOptions['missing'];
  readonly centreAlarms: Pick<CentreAlarms, 'all' | 'acknowledge' | 'raise' | 'clear' | 'of' | 'start' | 'stop'>;
  readonly commands: Pick<Commands, 'issue' | 'recent' | 'publicKey'>;
  readonly desk: Pick<CommandDesk, 'handle' | 'refusal'>;
  readonly live: { acknowledged(acknowledgement: CentreAcknowledgement): void };
  readonly clock: Clock;
  readonly logger: Logger;
}

export const alarms: CapabilityKind<AlarmServices> = {
  name: 'alarms',
  registryKinds: [centreAlarmKind],
  create(services) {
    const { gateways, centreAlarms, service, missing, desk, live, clock } = services;
    const logger = services.logger.child({ part: 'alarms' });
    const acknowledgements = new Acknowledgements({
      operations: services.operations,
      history: services.history,
      clock,
      logger,
      onNoted: (acknowledgement) => live.acknowledged(acknowledgement),
    });
    desk.handle('acknowledge', new AcknowledgeAtCentre({ centreAlarms, acknowledgements, desk, gateways, clock }));
    const watch = new GatewayWatch({
      gateways,
      alarms: centreAlarms,
      missing,
      clock,
      logger,
      outOfService: (gateway) => service.isOut(gateway),
      times: watchTimes(services.config.gateway_alarms),
    });
    const resend = new AcknowledgementResend({
      gateways,
      history: services.history,
      commands: services.commands,
      clock,
      logger,
    });
    return {
      routes: (api) => addAlarmRoutes(api, services),
      stored: (events) => watch.stored(events),
      part: centreAlarms,
      background: inOrder([watch, resend], logger),
    };
  },
};

/** One part of several: started in order, stopped in reverse. */
function inOrder(parts: readonly Part[], logger: Logger): Part {
  const releasers = new Releasers();
  return {
    async start() {
      for (const part of parts) await releasers.start(part.constructor.name, part);
    },
    stop: () =>
      releasers.releaseAll((part, problem) => logger.error({ part, problem }, 'a part of the alarms did not stop')),
  };
}
