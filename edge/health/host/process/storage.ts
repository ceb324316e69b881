/**
 * Wear and failure of the disks.
 *
 * Sources:
 * - eMMC: `life_time` (two areas, in steps of 10 %) and `pre_eol_info`, JEDEC JESD84-B50 EXT_CSD 267 to 269 by the
 *   kernel's Documentation/driver-api/mmc/mmc-dev-attrs.rst. SD cards have neither.
 * - SSD, NVMe, hard disk: `smartctl --json` where it is installed and may open the disk (smart.ts), every 6 h, and
 *   never a disk that sleeps.
 * - arrays: /proc/mdstat (md(4))
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Known, Storage, StorageDisk } from '../reading.ts';
import { numberIn, type Root } from './root.ts';
import type { Run } from './run.ts';
import { Smart } from './smart.ts';

const mostDisks = 16;

export class StorageProbe {
  readonly #root: Root;
  readonly #smart: Smart | undefined;

  /** `smart`: whether smartctl is asked. */
  constructor(
    root: Root,
    { run, clock, smart }: { readonly run: Run; readonly clock: Clock; readonly smart: boolean },
  ) {
    this.#root = root;
    this.#smart = smart ? new Smart(run, clock) : undefined;
  }

  async read(): Promise<Known<Storage>> {
    const names = (await this.#root.names('/sys/block')).filter((name) => /^(mmcblk|nvme|sd|vd|xvd)/.test(name));
    const disks: StorageDisk[] = [];
    // one after the other: smartctl loads the disk
    for (const name of names.slice(0, mostDisks)) {
      const disk = await this.#disk(name);
      if (disk !== undefined) disks.push(disk);
    }
    disks.push(...arrays((await this.#root.text('/proc/mdstat')) ?? ''));
    return disks.length === 0 ? { unknown: words('gateway/reason.host-no-disk') } : { disks };
  }

  async #disk(name: string): Promise<StorageDisk | undefined> {
    // the boot areas of an eMMC are disks of their own in the list
    if (/^mmcblk\d+(boot\d+|rpmb)$/.test(name)) return undefined;
    if (name.startsWith('mmcblk')) return this.#card(name);
    if (/^x?vd/.test(name)) return { name, kind: 'disk', unknown: words('gateway/reason.host-virtual-disk') };
    const kind = name.startsWith('nvme') ? 'nvme' : 'disk';
    if (this.#smart === undefined) return { name, kind, unknown: words('gateway/reason.host-smart-off') };
    return { name, kind, ...(await this.#smart.of(name)) };
  }

  async #card(name: string): Promise<StorageDisk> {
    const folder = `/sys/block/${name}/device`;
    const [type, life, endOfLife] = await Promise.all([
      this.#root.text(`${folder}/type`),
      this.#root.text(`${folder}/life_time`),
      this.#root.number(`${folder}/pre_eol_info`),
    ]);
    if (type !== 'MMC') return { name, kind: 'sd', unknown: words('gateway/reason.host-sd-card') };
    const usedLife = usedOf(life);
    const spare = ([undefined, 'normal', 'low', 'urgent'] as const)[endOfLife ?? 0];
    if (usedLife === undefined && spare === undefined)
      return { name, kind: 'emmc', unknown: words('gateway/reason.host-old-emmc') };
    return {
      name,
      kind: 'emmc',
      ...(usedLife === undefined ? {} : { usedLife }),
      ...(spare === undefined ? {} : { spare }),
    };
  }
}

/**
 * "0x01 0x03": the more worn of the two areas; 0x01 is 0 to 10 % used, 0x0a 90 to 100 %, 0x0b more than 100 %, 0x00 not
 * told. The upper end of the step counts.
 */
function usedOf(lifeTime: string | undefined): number | undefined {
  const steps = (lifeTime ?? '').split(' ').map(numberIn);
  const told = steps.filter((step) => step !== undefined && step >= 0x01 && step <= 0x0b) as readonly number[];
  return told.length === 0 ? undefined : Math.max(...told) / 10;
}

/** `md0 : active raid1 sdb1[1] sda1[0]`, and in the next line `[2/1] [U_]`: two disks wanted, one there. */
function arrays(mdstat: string): readonly StorageDisk[] {
  const found = mdstat.matchAll(/^(md\w+) : [^\n]*\n[^\n]*\[(\d+)\/(\d+)\]/gm);
  return [...found].slice(0, mostDisks).map(([, name = '', wanted, there]) => ({
    name,
    kind: 'array',
    failing: Number(there) < Number(wanted),
  }));
}
