import { expect, test } from 'vitest';
import { describeFailure, findMistake, shrink } from './campaign.ts';
import { type Mistake, mistakeNames, mistakes, seedsForMistake } from './mistakes.ts';
import { historyOf, type Operation } from './operations.ts';
import { simulate } from './simulation.ts';
import { campaignOnThreads } from './threads.ts';

/** More by hand: FORPOST_SIMULATION_SEEDS=100000, or npm run faults -- --simulate 100000 */
const seeds = Number(process.env.FORPOST_SIMULATION_SEEDS ?? 500);

test('through all faults at once no acknowledged event is lost, none is stored twice, and every gap is explained', async () => {
  const { failures, ...totals } = await campaignOnThreads(1, seeds);
  expect(failures.map(describeFailure).join('\n\n')).toBe('');
  expect(totals).toMatchObject({ seeds, lost: 0, duplicated: 0, unexplained: 0 });
  // the run was not idle: many readings were sent again
  expect(totals.acknowledged).toBeGreaterThan(10 * seeds);
  expect(totals.landed).toBeGreaterThan(1.1 * (totals.committed - totals.shed));
  // and many were shed
  expect(totals.shed).toBeGreaterThan(seeds);
}, 600_000);

test.each(mistakeNames)('the simulation catches a known mistake: %s', async (mistake) => {
  const failure = await findMistake(mistake, seedsForMistake);
  expect(failure?.violations.map(({ kind }) => kind)).toContain(mistakes[mistake].shows);
  // without the mistake the same operations are harmless
  expect((await simulate(failure!.seed, failure!.operations)).violations).toEqual([]);
});

test('the same seed gives the same run, step for step', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const [first, second] = [await simulate(seed, historyOf(seed)), await simulate(seed, historyOf(seed))];
    expect(second).toEqual(first);
    expect(first.landed).toBeGreaterThan(0);
  }
});

test('a failing seed is reported with its number, the broken promise, and the shortest list of operations', async () => {
  const mistake: Mistake = 'cursor-before-safe';
  const found = await findMistake(mistake, seedsForMistake);
  const text = describeFailure(found!);
  expect(text).toContain(`seed ${found!.seed}:`);
  expect(text).toMatch(/P1 lost: reading r-/);
  for (const operation of found!.operations) expect(text).toContain(JSON.stringify(operation));
  expect(found!.operations.length).toBeLessThan(historyOf(found!.seed).length);
  // each remaining operation is needed
  const again = await shrink(found!.seed, found!.operations, mistake);
  expect(again.operations).toEqual(found!.operations);
});

/** Old failures, shortened: seed, the broken behaviour, and the operations. */
const regressions: readonly (readonly [string, number, readonly Operation[]])[] = [
  [
    'a second file that is put aside takes the explanation of the first with it, and the next one tells of both',
    2063,
    [
      { do: 'history', state: 'slow', chance: 1_548_467_302 },
      { do: 'quarantine', chance: 452_081_809 },
      { do: 'quarantine', chance: 2_042_706_802 },
    ],
  ],
  [
    'what is in hand stays so while the forwarder looks at an older epoch of which a full disk has not noted the end',
    5353,
    [
      { do: 'publish', device: 2, readings: 1, alert: false, chance: 978_493_305 },
      { do: 'publish', device: 0, readings: 3, alert: true, chance: 1_258_621_143 },
      { do: 'restore', share: 0.9071764452382922, downMs: 487, chance: 786_606_696 },
      { do: 'publish', device: 2, readings: 3, alert: false, chance: 495_456_645 },
      { do: 'publish-poison', device: 1, chance: 1_832_223_058 },
      { do: 'publish', device: 1, readings: 4, alert: false, chance: 504_936_013 },
      { do: 'stop', chance: 558_101_189 },
      { do: 'publish', device: 0, readings: 2, alert: false, chance: 286_738_290 },
      { do: 'disk', state: 'full', chance: 332_719_519 },
      { do: 'centre-kill', downMs: 311, chance: 1_972_872_992 },
    ],
  ],
  [
    'delivered alerts make room for alerts, also where a clock that went back keeps them young',
    373,
    [
      { do: 'resend', device: 1, chance: 1_203_290_954 },
      { do: 'publish', device: 1, readings: 3, alert: true, chance: 973_981_745 },
      { do: 'publish', device: 0, readings: 4, alert: true, chance: 935_338_059 },
      { do: 'publish', device: 0, readings: 3, alert: true, chance: 1_832_305_111 },
      { do: 'outage', publishes: 20, alerts: 0.1, chance: 203_198_572 },
      { do: 'history', state: 'half', chance: 951_228_750 },
      { do: 'publish', device: 0, readings: 3, alert: true, chance: 132_104_385 },
      { do: 'publish', device: 0, readings: 2, alert: true, chance: 1_984_020_321 },
      { do: 'clock-jump', ms: -1_419_120_000_000, chance: 45_596_907 },
      { do: 'publish', device: 0, readings: 4, alert: true, chance: 1_971_902_389 },
      { do: 'wait', ms: 400, chance: 1_806_859_833 },
    ],
  ],
  [
    'what a damaged file took stays in the list where the next one is begun, and then cannot be read',
    184,
    [
      { do: 'outage', publishes: 14, alerts: 0.9, chance: 322_035_762 },
      { do: 'disk', state: 'failing', chance: 716_296_413 },
      { do: 'publish', device: 1, readings: 4, alert: false, chance: 682_627_646 },
      { do: 'centre-kill', downMs: 343, chance: 1_898_271_800 },
      { do: 'quarantine', chance: 228_819_069 },
      { do: 'kill', downMs: 32, chance: 678_175_507 },
      { do: 'wait', ms: 400, chance: 1_996_536_050 },
      { do: 'quarantine', chance: 1_958_625_961 },
    ],
  ],
  [
    'a lane of which only a gap record speaks is counted',
    8,
    [{ do: 'publish-poison', device: 1, chance: 550_487_291 }],
  ],
  [
    'a refused event that a full disk could not note does not block its lane for good',
    100_831,
    [
      { do: 'publish-poison', device: 0, chance: 247_603_783 },
      { do: 'publish-poison', device: 0, chance: 362_906_386 },
      { do: 'disk', state: 'full', chance: 172_870_546 },
      { do: 'wait', ms: 100, chance: 747_260_721 },
      { do: 'wait', ms: 1500, chance: 493_186_236 },
      { do: 'wait', ms: 1500, chance: 1_680_085_423 },
    ],
  ],
  [
    'an alert that waits does not get in front of an earlier one that is refused because the writer is gone',
    43_080,
    [
      { do: 'publish-poison', device: 2, chance: 1_844_460_468 },
      { do: 'publish', device: 2, readings: 4, alert: false, chance: 512_009_042 },
      { do: 'disk', state: 'stalled', chance: 1_600_425_656 },
      { do: 'quarantine', chance: 838_502_874 },
      { do: 'outage', publishes: 17, alerts: 0.1, chance: 1_612_549_137 },
      { do: 'publish', device: 0, readings: 2, alert: false, chance: 1_216_263_768 },
      { do: 'publish', device: 0, readings: 4, alert: true, chance: 1_725_045_807 },
    ],
  ],
  [
    'what was shed of an epoch that is over stays explained where the file with its gap record is put aside',
    66_452,
    [
      { do: 'resend', device: 2, chance: 1_054_025_830 },
      { do: 'outage', publishes: 22, alerts: 0.1, chance: 1_002_322_725 },
      { do: 'restore', share: 0.4599543921649456, downMs: 247, chance: 2_020_684_393 },
      { do: 'network', sink: 'first', weather: 'jam', chance: 799_042_906 },
      { do: 'outage', publishes: 18, alerts: 0.9, chance: 1_476_106_570 },
      { do: 'wait', ms: 100, chance: 407_260_067 },
      { do: 'network', sink: 'second', weather: 'bad', chance: 901_933_233 },
      { do: 'publish', device: 0, readings: 3, alert: true, chance: 1_339_561_883 },
      { do: 'sinks', names: ['second'], chance: 53_274_693 },
      { do: 'observe', alerts: 5, chance: 1_624_022_138 },
      { do: 'centre-kill', downMs: 335, chance: 1_982_019_296 },
      { do: 'publish', device: 0, readings: 1, alert: true, chance: 363_271_300 },
      { do: 'wait', ms: 1500, chance: 306_183_432 },
      { do: 'publish-poison', device: 2, chance: 12_268_690 },
      { do: 'publish', device: 1, readings: 3, alert: true, chance: 705_461_565 },
      { do: 'sinks', names: ['first', 'second'], chance: 571_522_641 },
      { do: 'publish', device: 2, readings: 4, alert: false, chance: 1_515_388_834 },
      { do: 'network', sink: 'second', weather: 'down', chance: 1_026_984_428 },
      { do: 'quarantine', chance: 1_730_214_615 },
    ],
  ],
];

test.each(regressions)('an old failure stays fixed: %s', async (_, seed, operations) => {
  expect((await simulate(seed, operations)).violations).toEqual([]);
});
