/** The attacked site: a probe with watched alerts, two hostile devices, and two hostile consumers, one of which may publish. */
import { fileURLToPath } from 'node:url';
import { TestSite } from '../../harness/site.ts';

const turnProbe = fileURLToPath(new URL('./turn-probe.mjs', import.meta.url));

export function attackedSite(): Promise<TestSite> {
  return TestSite.start({
    devices: ['probe', 'hostile', 'hostile-shelly'],
    // it may publish to any topic below its own
    decoders: { 'hostile-shelly': 'shelly' },
    consumers: ['hostile-panel'],
    more: { consumers: [{ id: 'hostile-hub', subscribe: ['hub/#'], publish: ['hub/#'] }] },
    rules: [{ id: 'over', kind: 'threshold', device: 'probe', metric: 'power_w', above: 1000 }],
    uplink: 'none',
    centre: false,
    gatewayEnv: { NODE_OPTIONS: `--expose-gc --import ${turnProbe}` },
  });
}
