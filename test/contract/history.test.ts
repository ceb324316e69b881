/** The contract of histories. The suites are in history/, one file a subject; stores.ts has the histories. */
import { afterAll, beforeAll, describe } from 'vitest';
import { alarmList } from './history/alarm-list.ts';
import { alarmStates } from './history/alarms.ts';
import { correctedTimes } from './history/clocks.ts';
import { eventQuestions } from './history/events.ts';
import { ledgerQuestions } from './history/ledger.ts';
import { seriesQuestions } from './history/series.ts';
import { kinds, type StoreUnderTest } from './history/stores.ts';
import { storedHistory } from './history/storing.ts';

const suites = [
  storedHistory,
  eventQuestions,
  correctedTimes,
  seriesQuestions,
  alarmStates,
  alarmList,
  ledgerQuestions,
];

describe.each(kinds)('a history %s', (_name, make) => {
  let made: StoreUnderTest;

  beforeAll(async () => {
    made = await make();
    await made.store.start();
  });
  afterAll(async () => {
    await made.store.stop();
    await made.remove();
  });

  for (const suite of suites) suite(() => made);
});
