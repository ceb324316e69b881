/**
 * Notes in a history that was lost what people had acknowledged at the centre, as the operations say it.
 *
 * Always: the first acknowledgement of an alarm stays, so doing it again changes nothing; an acknowledgement may come
 * before its alarm is stored again.
 */
import type { HistoryStore } from '../history/store.ts';
import type { OperationsLog } from '../operations/operations.ts';

export const alarmAcknowledged = 'alarm-acknowledged';

/** Resolves with how many operations said so. @throws what the log and the history throw */
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
