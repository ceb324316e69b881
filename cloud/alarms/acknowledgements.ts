/**
 * Notes the alarms that people acknowledge at the centre. The note counts for the centre's list of alarms, because the
 * gateway may be offline, replaced, or may have forgotten the alarm. A command informs the gateway too, and the page shows
 * its answer.
 *
 *   take ──► operations record, durable ──► noted in the history ──► sent to open pages
 *              └── fails ──► error            └── fails ──► error; a repetition changes nothing
 *
 * Always: no page shows «acknowledged» before the operations log and the history have it. The first person's
 * acknowledgement stays.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { CentreAcknowledgement, HistoryStore } from '../history/store.ts';
import type { OperationsLog } from '../operations/operations.ts';
import { alarmAcknowledged } from './restored-acknowledgements.ts';

export interface AcknowledgementsOptions {
  readonly operations: Pick<OperationsLog, 'append'>;
  readonly history: Pick<HistoryStore, 'noteAcknowledgements'>;
  readonly onNoted: (acknowledgement: CentreAcknowledgement) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Acknowledgements {
  readonly #options: AcknowledgementsOptions;

  constructor(options: AcknowledgementsOptions) {
    this.#options = options;
  }

  /** Resolves when it is durable. @throws ForpostError, to be tried again */
  async record({ gateway, alarm, by }: Pick<CentreAcknowledgement, 'gateway' | 'alarm' | 'by'>): Promise<void> {
    const { operations, history, onNoted, clock, logger } = this.#options;
    const noted = { gateway, alarm, by, at: clock.now() };
    await operations.append({ operation: alarmAcknowledged, by, subject: alarm, gateway, alarm });
    try {
      await history.noteAcknowledgements([noted]);
    } catch (error) {
      const message = words('centre/reason.not-noted', { reason: messageOf(error) });
      throw new ForpostError('FORPOST_HISTORY_FAILED', message, { cause: error });
    }
    logger.info({ gateway, alarm, by }, 'an alarm was acknowledged at the centre');
    onNoted(noted);
  }
}
