/**
 * Power supply and throttling.
 *
 * Sources, the first that is there:
 * - Raspberry Pi: the firmware's `get_throttled` as a file of Raspberry Pi OS's kernel, or through `vcgencmd`
 *   (raspberrypi.com, «vcgencmd get_throttled»): bit 0 voltage too low, 1 frequency capped, 2 throttled, 3 soft limit
 *   of the temperature, all now; 16 to 19: the same since the boot. The upstream kernel reports only the voltage
 *   (drivers/hwmon/raspberrypi-hwmon.c: `in0_lcrit_alarm`).
 * - the kernel's cooling devices that slow the processor (Documentation/driver-api/thermal/sysfs-api.rst)
 * - x86: how often the processor slowed itself down (Documentation/ABI/testing/sysfs-devices-system-cpu)
 */
import { words } from '@forpost/shared/texts/english.ts';
import type { Known, Power, Throttling } from '../reading.ts';
import type { Root } from './root.ts';
import type { Run } from './run.ts';

const platform = '/sys/devices/platform';
const bits = { voltage: 0, capped: 1, throttled: 2, softLimit: 3, voltageSinceBoot: 16 } as const;

export interface PowerReading {
  readonly throttling: Known<Throttling>;
  readonly power: Known<Power>;
}

/** `isRaspberryPi`: whether `vcgencmd` is worth a try. */
export async function power(root: Root, run: Run, isRaspberryPi: boolean): Promise<PowerReading> {
  const flags = await firmwareFlags(root, run, isRaspberryPi);
  const [cooled, count, alarm] = await Promise.all([cooledNow(root), throttleCount(root), voltageAlarm(root)]);
  return { throttling: throttlingOf(flags, cooled, count), power: powerOf(flags, alarm, isRaspberryPi) };
}

/** Reading the file needs no rights; `vcgencmd` needs the group `video`. */
async function firmwareFlags(root: Root, run: Run, isRaspberryPi: boolean): Promise<number | undefined> {
  if (!isRaspberryPi) return undefined;
  const file = await firmwareFile(root);
  if (file !== undefined) return hexadecimal(file);
  return hexadecimal(/throttled=(\S+)/.exec((await run('vcgencmd', ['get_throttled'])) ?? '')?.[1] ?? '');
}

/** `soc/soc:firmware` on the boards up to 4; the address is part of the name on newer ones. */
async function firmwareFile(root: Root): Promise<string | undefined> {
  for (const soc of (await root.names(platform)).filter((name) => name.startsWith('soc')))
    for (const node of (await root.names(`${platform}/${soc}`)).filter((name) => name.endsWith(':firmware'))) {
      const flags = await root.text(`${platform}/${soc}/${node}/get_throttled`);
      if (flags !== undefined) return flags;
    }
  return undefined;
}

function hexadecimal(text: string): number | undefined {
  const value = Number.parseInt(text, 16);
  return Number.isNaN(value) ? undefined : value;
}

function has(flags: number, bit: number): boolean {
  return ((flags >>> bit) & 1) === 1;
}

function throttlingOf(
  flags: number | undefined,
  cooled: boolean | undefined,
  count: number | undefined,
): Known<Throttling> {
  if (flags !== undefined) {
    // the firmware caps the frequency for low voltage too: that is the power supply's fault, not the heat's
    const slowed = has(flags, bits.capped) || has(flags, bits.throttled);
    return { byHeat: has(flags, bits.softLimit) || (slowed && !has(flags, bits.voltage)) };
  }
  if (cooled === undefined && count === undefined) return { unknown: words('gateway/reason.host-no-throttling') };
  return { byHeat: cooled ?? false, ...(count === undefined ? {} : { count }) };
}

function powerOf(flags: number | undefined, alarm: boolean | undefined, isRaspberryPi: boolean): Known<Power> {
  if (flags !== undefined)
    // the kernel's driver reports dips of the last seconds; the flag shows only the moment of the reading
    return {
      tooWeak: has(flags, bits.voltage) || (alarm ?? false),
      tooWeakSinceBoot: has(flags, bits.voltageSinceBoot),
    };
  if (alarm !== undefined) return { tooWeak: alarm };
  return {
    unknown: isRaspberryPi ? words('gateway/reason.host-no-vcgencmd') : words('gateway/reason.host-no-power'),
  };
}

async function voltageAlarm(root: Root): Promise<boolean | undefined> {
  for (const chip of await root.names('/sys/class/hwmon')) {
    const folder = `/sys/class/hwmon/${chip}`;
    if ((await root.text(`${folder}/name`)) === 'rpi_volt')
      return isSet(await root.number(`${folder}/in0_lcrit_alarm`));
  }
  return undefined;
}

function isSet(value: number | undefined): boolean | undefined {
  return value === undefined ? undefined : value !== 0;
}

/** Whether a cooling device slows the processor now; undefined: there is none. */
async function cooledNow(root: Root): Promise<boolean | undefined> {
  const names = (await root.names('/sys/class/thermal')).filter((name) => name.startsWith('cooling_device'));
  const states = await Promise.all(
    names.map(async (name) => {
      const type = (await root.text(`/sys/class/thermal/${name}/type`)) ?? '';
      if (!/cpufreq|^Processor$/.test(type)) return undefined;
      return isSet(await root.number(`/sys/class/thermal/${name}/cur_state`));
    }),
  );
  const known = states.filter((state) => state !== undefined);
  return known.length === 0 ? undefined : known.includes(true);
}

/** All processors of a package count the same events: the largest count is the machine's. */
async function throttleCount(root: Root): Promise<number | undefined> {
  const cpus = (await root.names('/sys/devices/system/cpu')).filter((name) => /^cpu\d+$/.test(name));
  const counts = await Promise.all(
    cpus.map((cpu) => root.number(`/sys/devices/system/cpu/${cpu}/thermal_throttle/package_throttle_count`)),
  );
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
