/**
 * `npm run faults -- --vision outages`: how long the gateway takes to notice the outage of a camera, and how long to recover once
 * its cause is gone, for each way in which a camera fails. A second camera with its own server must stay live.
 */

import type { SimulatedCamera } from '../../../scripts/camera/camera.ts';
import { createReport, type Report } from '../../../scripts/report.ts';
import { freePorts } from '../../harness/ports.ts';
import { until } from '../../harness/process.ts';
import type { VisionCampaignOptions } from './campaign-options.ts';
import { simulatedCamera, VisionRig } from './rig.ts';

const noticeGoalS = 3;
const backGoalS = 3;
const steadyMs = 11_000;

interface Outage {
  begin(server: SimulatedCamera): Promise<void> | void;
  /** @returns the server after the outage */
  end(server: SimulatedCamera, port: number): Promise<SimulatedCamera>;
}

const same = async (server: SimulatedCamera) => server;
const kinds: Readonly<Record<string, Outage>> = {
  frozen: {
    begin: (server) => server.freeze(),
    end: async (server) => {
      server.thaw();
      return server;
    },
  },
  no_pictures: {
    begin: (server) => server.stall(),
    end: async (server) => {
      server.resume();
      return server;
    },
  },
  kicked: { begin: (server) => server.kick(), end: same },
  killed: { begin: (server) => server.stop(), end: (_server, port) => simulatedCamera({ port }) },
};

export async function outages({ runs = 3 }: VisionCampaignOptions): Promise<Report> {
  const report = createReport('vision-outages');
  const [port = 0] = await freePorts(1);
  let server = await simulatedCamera({ port });
  const other = await simulatedCamera();
  const rig = await VisionRig.start([{ url: server.url }, { url: other.url }]);
  let othersLost = 0;
  const watching = setInterval(() => {
    if (rig.status(1).state !== 'live') othersLost++;
  }, 50);
  try {
    await rig.allLive();
    othersLost = 0;
    for (const [name, outage] of Object.entries(kinds)) {
      const noticed: number[] = [];
      const back: number[] = [];
      for (let run = 0; run < runs; run++) {
        // after this time of steady stream the first reconnect has the shortest delay
        await new Promise((resolve) => setTimeout(resolve, steadyMs));
        const began = performance.now();
        await outage.begin(server);
        await rig.reaches('not live');
        noticed.push((performance.now() - began) / 1000);
        server = await outage.end(server, port);
        const over = performance.now();
        await until('the camera is live', () => rig.status().state === 'live', 60_000);
        back.push((performance.now() - over) / 1000);
      }
      process.stderr.write(`  ${name}: noticed ${noticed.map(short)} s, back ${back.map(short)} s\n`);
      report.metric(`${name}_noticed_max_s`, Math.max(...noticed)).metric(`${name}_back_max_s`, Math.max(...back));
      report.goal(`${name}_noticed_max_s`, '<=', noticeGoalS).goal(`${name}_back_max_s`, '<=', backGoalS);
    }
    report.samples(runs).metric('other_camera_lost', othersLost).goal('other_camera_lost', '=', 0);
  } finally {
    clearInterval(watching);
    await rig.stop();
    await server.stop();
    await other.stop();
  }
  return report;
}

function short(seconds: number): string {
  return seconds.toFixed(2);
}
