/**
 * `npm run faults -- --clients`: paho-mqtt plays Home Assistant, Zigbee2MQTT, Node-RED, ESPHome, Tasmota, Shelly and a native
 * device against a real gateway, in each version of MQTT (roles.py): birth, will, discovery, state, command, reconnect. Every
 * step must succeed, and nothing may be refused. Needs the same as `--paho`.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RefusedView } from '../../../edge/console/view.ts';
import { createReport } from '../../../scripts/report.ts';
import { TestSite, testPassword } from '../../harness/site.ts';
import { pahoVersion, pythonWithPaho } from './python.ts';

const versions = [4, 5] as const;
const say = (text: string) => process.stderr.write(`${text}\n`);

interface Step {
  readonly role: string;
  readonly step: string;
  readonly ok: boolean;
}

/** @returns the exit status: 1 when a step failed */
export async function clientsReport(): Promise<0 | 1> {
  const python = pythonWithPaho();
  const report = createReport('clients').version('paho-mqtt', pahoVersion(python));
  for (const version of versions) {
    const site = await TestSite.start({
      devices: ['oven'],
      more: {
        devices: [
          { id: 'plug', decoder: 'tasmota', topic: 'tasmota_A1B2C3' },
          { id: 'meter', decoder: 'shelly', topic: 'shellypro3em-a1b2c3' },
        ],
        consumers: [
          { id: 'home', role: 'home-assistant' },
          { id: 'z2m', role: 'zigbee2mqtt' },
          { id: 'flows', role: 'node-red' },
          { id: 'kitchen', role: 'esphome' },
        ],
      },
      uplink: 'none',
      centre: false,
    });
    try {
      const steps = await play(python, site.mqttPort, version);
      const failed = steps.filter(({ ok }) => !ok);
      for (const { role, step } of failed) say(`protocol level ${version}: ${role}: ${step}: failed`);
      const { refused } = await site.local<{ refused: readonly RefusedView[] }>('/api/v1/refused');
      for (const { principal, kind, what } of refused)
        say(`protocol level ${version}: refused: ${principal} ${kind} ${what}`);
      const name = `level_${version}`;
      report.metric(`${name}_steps`, steps.length).metric(`${name}_failed`, failed.length);
      report.metric(`${name}_refused`, refused.length);
      report.goal(`${name}_steps`, '>=', 55).goal(`${name}_failed`, '=', 0).goal(`${name}_refused`, '=', 0);
    } finally {
      await site.stop();
    }
  }
  return report.print();
}

function play(python: string, port: number, version: number): Promise<readonly Step[]> {
  const child = spawn(python, [join(import.meta.dirname, 'roles.py'), String(port), testPassword, String(version)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const steps: Step[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const step = JSON.parse(line) as Step;
    steps.push(step);
    say(`protocol level ${version}: ${step.role}: ${step.step}: ${step.ok ? 'ok' : 'FAILED'}`);
  });
  return new Promise((resolve) => child.once('exit', () => resolve(steps)));
}
