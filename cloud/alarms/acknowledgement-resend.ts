/**
 * Sends acknowledgements from the centre again to a gateway that comes back: the first command may have expired, and the
 * gateway's own page would still show the alarms as not acknowledged.
 *
 *   a gateway comes online ──► noted ── `gatherMs` ──► the alarms that only the centre knows as acknowledged, of all noted
 *     gateways in one question ──► a command for each that has none under way
 *
 * Always: 500 gateways that come back at once cost one question to the history. One gateway gets `mostCommands` at a time,
 * for its newest alarms first. After a failure the next attempt waits until the gateway comes back again.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { longestValidityMs } from '@forpost/shared/event/command.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Commands } from '../commands/commands.ts';
import type { GatewayDirectory, KnownGateway } from '../gateways/directory.ts';
import type { AlarmState, HistoryStore } from '../history/store.ts';

export interface AcknowledgementResendOptions {
  readonly gateways: Pick<GatewayDirectory, 'onChange' | 'get'>;
  readonly history: Pick<HistoryStore, 'alarms'>;
  readonly commands: Pick<Commands, 'issue' | 'recent' | 'publicKey'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const gatherMs = 30_000;
/** The gateway has most likely forgotten an alarm that ended longer ago. */
const reachBackMs = 90 * 86_400_000;
const mostAlarms = 10_000;
const mostCommands = 50;
const mostRecent = 200;

export class AcknowledgementResend implements Part {
  readonly #options: AcknowledgementResendOptions;
  readonly #online = new Set<string>();
  readonly #returned = new Set<string>();
  #unlisten: (() => void) | undefined;
  #timer: Timer | undefined;

  constructor(options: AcknowledgementResendOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#unlisten = this.#options.gateways.onChange((gateway) => this.#onGateway(gateway));
  }

  async stop(): Promise<void> {
    this.#unlisten?.();
    this.#timer?.cancel();
  }

  #onGateway({ gateway, online }: KnownGateway): void {
    if (!online) {
      this.#online.delete(gateway);
      return;
    }
    if (this.#online.has(gateway)) return;
    this.#online.add(gateway);
    this.#returned.add(gateway);
    this.#timer ??= this.#options.clock.after(gatherMs, () => {
      this.#timer = undefined;
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    const { history, clock, logger } = this.#options;
    const returned = new Set(this.#returned);
    this.#returned.clear();
    try {
      const { alarms } = await history.alarms(clock.now() - reachBackMs, mostAlarms);
      const owed = alarms.filter((alarm) => returned.has(alarm.gateway) && isOwed(alarm));
      for (const [gateway, own] of Map.groupBy(owed, (alarm) => alarm.gateway)) await this.#sendTo(gateway, own);
    } catch (error) {
      logger.warn({ problem: messageOf(error) }, 'acknowledgements cannot be sent again to the gateways');
    }
  }

  async #sendTo(gateway: string, alarms: readonly AlarmState[]): Promise<void> {
    const { commands, gateways, logger } = this.#options;
    // the gateway does not trust this centre's key, or its version has no commands
    if (gateways.get(gateway)?.status?.commandKeys?.includes(commands.publicKey.id) !== true) return;
    const recent = await commands.recent(gateway, mostRecent);
    const underWay = new Set(
      recent.filter(({ state }) => state === 'sent' || state === 'failed').map((one) => one.arguments.alarm),
    );
    const due = alarms.filter(({ alarm }) => !underWay.has(alarm)).slice(0, mostCommands);
    for (const { alarm, acknowledgement } of due) {
      const author = acknowledgement?.by ?? '';
      await commands.issue({ gateway, kind: 'acknowledge', arguments: { alarm }, author, validMs: longestValidityMs });
    }
    if (due.length > 0) logger.info({ gateway, alarms: due.length }, 'acknowledgements were sent again');
  }
}

/** Whether the centre knows an alarm as acknowledged and its gateway does not. */
function isOwed({ acknowledgement, latest }: AlarmState): boolean {
  const data = latest.data as { readonly acknowledged?: unknown } | null;
  return acknowledgement !== undefined && data?.acknowledged !== true;
}
