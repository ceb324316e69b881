/**
 * macOS and the BSDs, through the package systeminformation: it knows their tools (df, vm_stat, sysctl), which differ
 * by version. Linux does not use it: there it starts shells and blocks its thread to get what /proc and /sys contain.
 *
 * Always: runs in the probe process alone, because its calls block (execSync), start shells, and have no deadline. Its
 * null, 0 and empty lists, which mean that it knows nothing, become unknown here.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Systeminformation } from 'systeminformation';
import type { Disk, HostReading, Known, Load, Memory, Network, Temperature } from '../reading.ts';
import { Probe, type Probes } from './probes.ts';

/** The part of the package that is used. */
export interface SystemLibrary {
  system(): Promise<Pick<Systeminformation.SystemData, 'manufacturer' | 'model'>>;
  cpuTemperature(): Promise<Pick<Systeminformation.CpuTemperatureData, 'main'>>;
  currentLoad(): Promise<Pick<Systeminformation.CurrentLoadData, 'avgLoad' | 'cpus'>>;
  mem(): Promise<Pick<Systeminformation.MemData, 'total' | 'available' | 'swaptotal' | 'swapfree'>>;
  fsSize(): Promise<readonly Pick<Systeminformation.FsSizeData, 'mount' | 'type' | 'size' | 'available' | 'rw'>[]>;
  networkInterfaces(): Promise<unknown>;
}

export function otherProbes(library: SystemLibrary, clock: Clock, folder: string): Probes {
  const model = new Probe(clock, async () => {
    const { manufacturer, model: name } = await library.system();
    return `${manufacturer} ${name}`.trim();
  });
  const probes = {
    temperature: new Probe(clock, () => temperature(library)),
    load: new Probe(clock, () => load(library)),
    memory: new Probe(clock, () => memory(library)),
    disk: new Probe(clock, () => disk(library, folder)),
    network: new Probe(clock, () => network(library)),
  };
  const unknown = (why: string): Known<never> => ({ unknown: why });
  return {
    async read(): Promise<HostReading> {
      const notHere = unknown(words('gateway/reason.host-other-system'));
      const name = await model.read(() => '');
      return {
        ...(name === '' ? {} : { model: name }),
        temperature: await probes.temperature.read(unknown),
        throttling: notHere,
        power: notHere,
        load: await probes.load.read(unknown),
        memory: await probes.memory.read(unknown),
        disk: await probes.disk.read(unknown),
        storage: notHere,
        network: await probes.network.read(unknown),
      };
    },
  };
}

async function temperature(library: SystemLibrary): Promise<Known<Temperature>> {
  // null without a sensor package, and 0 on Apple's own processors
  const { main } = await library.cpuTemperature();
  if (typeof main !== 'number' || main <= 0) return { unknown: words('gateway/reason.host-no-sensor') };
  return { sensors: [{ name: 'processor', of: 'processor', celsius: main }] };
}

async function load(library: SystemLibrary): Promise<Known<Load>> {
  const { avgLoad, cpus } = await library.currentLoad();
  const cores = Math.max(1, cpus.length);
  // the package tells one average, of the last minutes
  return { cores, load1: avgLoad, load5: avgLoad, load15: avgLoad };
}

async function memory(library: SystemLibrary): Promise<Known<Memory>> {
  const { total, available, swaptotal, swapfree } = await library.mem();
  if (!(total > 0)) return { unknown: words('gateway/reason.host-other-system') };
  return { total, available, swapTotal: swaptotal, swapFree: swapfree };
}

async function disk(library: SystemLibrary, folder: string): Promise<Known<Disk>> {
  const mounts = (await library.fsSize()).filter(
    ({ mount, size }) => size > 0 && (mount === '/' || folder === mount || folder.startsWith(`${mount}/`)),
  );
  const holding = mounts.toSorted((a, b) => b.mount.length - a.mount.length)[0];
  if (holding === undefined) return { unknown: words('gateway/reason.host-no-folder') };
  const { mount, type, size, available, rw } = holding;
  return { mount, type, total: size, available, readOnly: rw === false };
}

interface ListedInterface {
  readonly iface: string;
  readonly ip4: string;
  readonly internal: boolean;
  readonly virtual: boolean;
  readonly operstate: string;
}

async function network(library: SystemLibrary): Promise<Known<Network>> {
  const listed = await library.networkInterfaces();
  const interfaces = (Array.isArray(listed) ? (listed as readonly ListedInterface[]) : [])
    .filter(({ internal, virtual }) => !internal && !virtual)
    .slice(0, 8)
    .map(({ iface, ip4, operstate }) => ({
      name: iface,
      up: operstate === 'up',
      ...(ip4 === '' ? {} : { address: ip4 }),
      errors: 0,
    }));
  return interfaces.length === 0 ? { unknown: words('gateway/reason.host-no-interface') } : { interfaces };
}
