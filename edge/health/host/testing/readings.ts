/** Readings of a machine that is well, for tests. */
import type { HostReading } from '../reading.ts';

const gigabyte = 1e9;

export const disk = {
  mount: '/',
  type: 'ext4',
  total: 30 * gigabyte,
  available: 20 * gigabyte,
  readOnly: false,
  errors: 0,
  files: 1000,
  filesFree: 900,
};
export const memory = { total: 4 * gigabyte, available: 2 * gigabyte, swapTotal: 0, swapFree: 0, oomKills: 5 };

export const well: HostReading = {
  temperature: { sensors: [{ name: 'cpu_thermal', of: 'processor', celsius: 50, critical: 110 }] },
  throttling: { byHeat: false },
  power: { tooWeak: false, tooWeakSinceBoot: false },
  load: { cores: 4, load1: 0.5, load5: 0.5, load15: 0.5 },
  memory,
  disk,
  storage: { disks: [{ name: 'mmcblk0', kind: 'emmc', usedLife: 0.2, spare: 'normal' }] },
  network: { interfaces: [{ name: 'eth0', up: true, errors: 0 }] },
};
