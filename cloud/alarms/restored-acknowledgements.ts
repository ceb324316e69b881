/**
 * Notes people's acknowledgements again, from the operations log, in a history that replaces a lost one.
 *
 * Always: the first acknowledgement of an alarm stays, so a repetition changes nothing. An acknowledgement may come before
 * its alarm is stored again.
 */
import type { HistoryStore } from '../history/store.ts';
import type { OperationsLog } from '../operations/operations.ts';

export const alarmAcknowledged = 'alarm-acknowledged';

/** Resolves with the number of acknowledgements. @throws the errors of the log and of the history */
export async function restoreAcknowledgements(
  operations: Pick<OperationsLog, 'read'>,
  history: Pick<HistoryStore, 'noteAcknowledgements'>,
): Promise<number> {
  let count = 0;
  await operations.read(async (some) => {
    const acknowledgements = some
      .filter(({ operation }) => operation === alarmAcknowledged)
      .map(({ gateway, subject, alarm, by, at }) => ({ gateway, alarm: alarm ?? subject, by, at }));
    count += acknowledgements.length;
    await history.noteAcknowledgements(acknowledgements);
  });
  return count;
}
