/**
 * Notes a person's acknowledgement of an alarm at the centre, whether the gateway is reachable or not.
 *
 *   the centre raised the alarm itself ──► noted, no command
 *   a known gateway raised it ──► noted ── the gateway accepts no command of this centre ──► no command, with the reason
 *                                     └── the gateway accepts commands ──► the command is sent to the gateway
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { longestValidityMs } from '@forpost/shared/event/command.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { changed } from '../api/answers.ts';
import type { Order } from '../commands/commands.ts';
import type { CommandDesk, CommandHandler } from '../commands/desk.ts';
import type { CommandView } from '../commands/schemas.ts';
import type { GatewayDirectory } from '../gateways/directory.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import type { CentreAlarms } from './centre-alarms.ts';

export interface AcknowledgeAtCentreOptions {
  readonly centreAlarms: Pick<CentreAlarms, 'acknowledge'>;
  readonly acknowledgements: Pick<Acknowledgements, 'record'>;
  readonly desk: Pick<CommandDesk, 'refusal'>;
  readonly gateways: Pick<GatewayDirectory, 'get'>;
  readonly clock: Pick<Clock, 'now'>;
}

const ownAlarm = message('centre/reason.own-alarm');
/** the bound in the gateway's schema */
const longestAlarmId = 300;

export class AcknowledgeAtCentre implements CommandHandler {
  /** The acknowledgement counts at once, even if the gateway comes back only tomorrow. */
  readonly validMs = longestValidityMs;
  readonly #options: AcknowledgeAtCentreOptions;

  constructor(options: AcknowledgeAtCentreOptions) {
    this.#options = options;
  }

  /** @throws HttpProblem 503 where the centre cannot note it now */
  async handle(order: Order): Promise<CommandView | undefined> {
    const { centreAlarms, acknowledgements, desk, gateways } = this.#options;
    const { gateway, author } = order;
    const alarm = alarmOf(order.arguments);
    if (alarm === undefined) return undefined;
    if (centreAlarms.acknowledge(alarm, author)) return this.#noted(order, alarm, 'applied', ownAlarm);
    if (gateways.get(gateway) === undefined) return undefined;
    await changed(acknowledgements.record({ gateway, alarm, by: author }), (reason) =>
      message('centre/reason.not-acknowledged', { reason }),
    );
    const refused = desk.refusal(gateway);
    return refused === undefined ? undefined : this.#noted(order, alarm, 'noted', refused);
  }

  /** The answer in place of a command. */
  #noted({ gateway, author }: Order, alarm: string, state: 'applied' | 'noted', text: Message): CommandView {
    const at = rfc3339(this.#options.clock.now());
    return {
      id: `${alarm}/acknowledged`,
      gateway,
      kind: 'acknowledge',
      arguments: { alarm },
      author,
      issued: at,
      expires: at,
      key: '',
      state,
      message: inEnglish(text),
      message_i18n: text,
      settled: at,
    };
  }
}

function alarmOf({ alarm }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof alarm === 'string' && alarm !== '' && alarm.length <= longestAlarmId ? alarm : undefined;
}
