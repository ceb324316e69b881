/**
 * `npm run faults -- --vision reconnects`: a real RTSP server drops all its clients again and again, a thousand times. Processes,
 * descriptors and memory must not grow. Eight cameras reconnect together, to save time.
 */
import { createReport, percentile, type Report } from '../../../scripts/report.ts';
import { residentMb } from '../../bench/resident.ts';
import type { VisionCampaignOptions } from './campaign-options.ts';
import { simulatedCamera, VisionRig } from './rig.ts';

const cameras = 8;
/** memory that the allocator and the compiler take in these rounds is no leak */
const warmUpRounds = 10;
const settleMs = 3_000;

export async function reconnects({ runs = 1000 }: VisionCampaignOptions): Promise<Report> {
  const report = createReport('vision-reconnects');
  const server = await simulatedCamera();
  const rig = await VisionRig.start(Array.from({ length: cameras }, () => ({ url: server.url, fps: 1 })));
  try {
    await rig.allLive();
    const pid = rig.pid;
    const times: number[] = [];
    const rounds = Math.ceil(runs / cameras);
    const round = async () => {
      const began = performance.now();
      server.kick();
      await Promise.all(Array.from({ length: cameras }, (_, i) => rig.reaches('not live', i)));
      await rig.allLive();
      times.push((performance.now() - began) / 1000);
    };
    for (let i = 0; i < warmUpRounds; i++) await round();
    const before = await held(rig);
    times.length = 0;
    for (let i = 0; i < rounds; i++) {
      await round();
      if (i % 10 === 9) process.stderr.write(`  ${(i + 1) * cameras} reconnects\n`);
    }
    const after = await held(rig);
    report
      .samples(rounds * cameras)
      .metric('reconnects', rounds * cameras)
      .metric('round_p50_s', percentile(times, 50))
      .metric('round_max_s', Math.max(...times))
      .metric('processes_leaked', after.processes - before.processes)
      .metric('descriptors_leaked', after.descriptors - before.descriptors)
      .metric('resident_before_mb', before.residentMb)
      .metric('resident_after_mb', after.residentMb)
      .metric('resident_grown_percent', (after.residentMb / before.residentMb - 1) * 100)
      .metric('vision_restarts', rig.pid === pid ? 0 : 1);
  } finally {
    await rig.stop();
    await server.stop();
  }
  return report
    .goal('processes_leaked', '=', 0)
    .goal('descriptors_leaked', '<=', 0)
    .goal('resident_grown_percent', '<=', 10)
    .goal('vision_restarts', '=', 0);
}

async function held(rig: VisionRig) {
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  return {
    processes: rig.processes().length,
    descriptors: rig.descriptors(),
    residentMb: await residentMb(rig.pid),
  };
}
