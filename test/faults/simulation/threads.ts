/** A campaign on several threads: runs are independent, so each thread gets a share of the seeds. */
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { campaign, maxFailures, type Totals } from './campaign.ts';

interface Piece {
  readonly firstSeed: number;
  readonly count: number;
}

/** Large enough to make the start of a thread negligible. */
const pieceSeeds = 500;

/** Runs `campaign` on all cores. */
export async function campaignOnThreads(
  firstSeed: number,
  count: number,
  progress: (seedsDone: number) => void = () => {},
  threads = Math.min(availableParallelism(), Math.ceil(count / 2)),
): Promise<Totals> {
  const size = Math.min(pieceSeeds, Math.ceil(count / threads));
  const pieces: Piece[] = [];
  for (let done = 0; done < count; done += size)
    pieces.push({ firstSeed: firstSeed + done, count: Math.min(size, count - done) });
  const left = [...pieces];
  const totals: Totals[] = [];
  let seedsDone = 0;
  const work = async () => {
    for (let piece = left.shift(); piece !== undefined; piece = left.shift()) {
      totals.push(await played(piece));
      seedsDone += piece.count;
      progress(seedsDone);
    }
  };
  await Promise.all(Array.from({ length: threads }, work));
  return sumOf(totals);
}

function played(piece: Piece): Promise<Totals> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: piece });
    thread.on('message', resolve);
    thread.on('error', reject);
    thread.on('exit', (code) => reject(new Error(`the seeds from ${piece.firstSeed} ended with ${code}`)));
  });
}

function sumOf(totals: readonly Totals[]): Totals {
  const sum = (pick: (one: Totals) => number) => totals.reduce((total, one) => total + pick(one), 0);
  return {
    seeds: sum(({ seeds }) => seeds),
    operations: sum(({ operations }) => operations),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    committed: sum(({ committed }) => committed),
    landed: sum(({ landed }) => landed),
    shed: sum(({ shed }) => shed),
    lost: sum(({ lost }) => lost),
    duplicated: sum(({ duplicated }) => duplicated),
    unexplained: sum(({ unexplained }) => unexplained),
    longestHealMs: Math.max(...totals.map(({ longestHealMs }) => longestHealMs)),
    failures: totals.flatMap(({ failures }) => failures).slice(0, maxFailures),
  };
}

if (!isMainThread && parentPort !== null && typeof (workerData as Piece | null)?.firstSeed === 'number') {
  const { firstSeed, count } = workerData as Piece;
  parentPort.postMessage(await campaign(firstSeed, count));
}
