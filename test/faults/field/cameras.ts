/** Runs every simulated camera once (camera-cases/), a few side by side, whatever duration was asked for. */
import { badCases } from './camera-cases/bad-cases.ts';
import { goodCases } from './camera-cases/good-cases.ts';
import { runBad, runGood } from './camera-cases/run.ts';
import type { FieldSuite } from './suite.ts';

/** as many as two cores can decode, with their clips, in time */
const sideBySide = 4;

export const cameras: FieldSuite = {
  name: 'cameras',
  async run({ say }) {
    const waiting = [
      ...goodCases.map((one) => ({ name: one.name, run: () => runGood(one) })),
      ...badCases.map((one) => ({ name: one.name, run: () => runBad(one) })),
    ];
    const samples = waiting.length;
    const failures: string[] = [];
    const work = async () => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
        const wrong = await one.run();
        say(`camera with ${one.name}: ${wrong === '' ? 'right' : wrong}`);
        if (wrong !== '') failures.push(`a camera with ${one.name}: ${wrong}`);
      }
    };
    await Promise.all(Array.from({ length: sideBySide }, work));
    return { samples, failures };
  },
};
