/**
 * The machine's figures as metrics, named like node_exporter's with `forpost_host_` before them.
 *
 * Always: a figure that is not known has no series; `forpost_host_known` says which parts are. Labels are names of this
 * machine's sensors, disks and interfaces, bounded by the probes.
 */
import type { HostSnapshot } from './host-health.ts';
import { type HostPart, hostParts, known } from './reading.ts';

type Series = Iterable<readonly [Readonly<Record<string, string>>, number]>;

interface HostMetric {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (host: HostSnapshot) => Series;
}

const one = (value: number | undefined): Series => (value === undefined ? [] : [[{}, value]]);
const flag = (value: boolean | undefined): Series => one(value === undefined ? undefined : Number(value));
const disks = ({ reading }: HostSnapshot) => known(reading.storage)?.disks ?? [];
const interfaces = ({ reading }: HostSnapshot) => known(reading.network)?.interfaces ?? [];

/** `storage` is unknown too if every disk in the list is unknown. */
function isKnown(host: HostSnapshot, part: HostPart): boolean {
  if ('unknown' in host.reading[part]) return false;
  return part !== 'storage' || disks(host).some(({ unknown }) => unknown === undefined);
}

export const hostGauges: readonly HostMetric[] = [
  {
    name: 'forpost_host_reading_age_seconds',
    labels: [],
    help: 'Time since the machine was read last',
    read: ({ ageMs }) => one(ageMs / 1000),
  },
  {
    name: 'forpost_host_known',
    labels: ['part'],
    help: '1 where this machine reports the part of its health, 0 where it cannot',
    read: (host) => hostParts.map((part) => [{ part }, isKnown(host, part) ? 1 : 0] as const),
  },
  {
    name: 'forpost_host_temperature_celsius',
    labels: ['sensor'],
    help: 'Temperature of a sensor, the hottest of its chip',
    read: ({ reading }) =>
      (known(reading.temperature)?.sensors ?? []).map(({ name, celsius }) => [{ sensor: name }, celsius] as const),
  },
  {
    name: 'forpost_host_throttled',
    labels: [],
    help: '1 while the processor is slowed down by heat',
    read: ({ reading }) => flag(known(reading.throttling)?.byHeat),
  },
  {
    name: 'forpost_host_undervoltage',
    labels: [],
    help: '1 while the voltage of the power supply is too low',
    read: ({ reading }) => flag(known(reading.power)?.tooWeak),
  },
  {
    name: 'forpost_host_undervoltage_since_boot',
    labels: [],
    help: '1 where the voltage of the power supply was too low since the boot',
    read: ({ reading }) => flag(known(reading.power)?.tooWeakSinceBoot),
  },
  {
    name: 'forpost_host_cpu_cores',
    labels: [],
    help: 'Cores of the processor',
    read: ({ reading }) => one(known(reading.load)?.cores),
  },
  {
    name: 'forpost_host_load1',
    labels: [],
    help: 'Load average of 1 min',
    read: ({ reading }) => one(known(reading.load)?.load1),
  },
  {
    name: 'forpost_host_load5',
    labels: [],
    help: 'Load average of 5 min',
    read: ({ reading }) => one(known(reading.load)?.load5),
  },
  {
    name: 'forpost_host_load15',
    labels: [],
    help: 'Load average of 15 min',
    read: ({ reading }) => one(known(reading.load)?.load15),
  },
  {
    name: 'forpost_host_memory_total_bytes',
    labels: [],
    help: 'Memory of the machine, or of the container where it has a limit',
    read: ({ reading }) => one(known(reading.memory)?.total),
  },
  {
    name: 'forpost_host_memory_available_bytes',
    labels: [],
    help: 'Memory that programs can get without swapping',
    read: ({ reading }) => one(known(reading.memory)?.available),
  },
  {
    name: 'forpost_host_swap_total_bytes',
    labels: [],
    help: 'Swap space',
    read: ({ reading }) => one(known(reading.memory)?.swapTotal),
  },
  {
    name: 'forpost_host_swap_free_bytes',
    labels: [],
    help: 'Free swap space',
    read: ({ reading }) => one(known(reading.memory)?.swapFree),
  },
  {
    name: 'forpost_host_memory_stalled_ratio',
    labels: [],
    help: 'Part of the last 5 min in which all tasks waited for memory',
    read: ({ reading }) => one(known(reading.memory)?.stalledShare),
  },
  {
    name: 'forpost_host_filesystem_size_bytes',
    labels: [],
    help: 'Size of the data folder’s file system',
    read: ({ reading }) => one(known(reading.disk)?.total),
  },
  {
    name: 'forpost_host_filesystem_avail_bytes',
    labels: [],
    help: 'Free space of the data folder’s file system',
    read: ({ reading }) => one(known(reading.disk)?.available),
  },
  {
    name: 'forpost_host_filesystem_files',
    labels: [],
    help: 'Files that the data folder’s file system can hold',
    read: ({ reading }) => one(known(reading.disk)?.files),
  },
  {
    name: 'forpost_host_filesystem_files_free',
    labels: [],
    help: 'Files that the data folder’s file system can still take',
    read: ({ reading }) => one(known(reading.disk)?.filesFree),
  },
  {
    name: 'forpost_host_filesystem_readonly',
    labels: [],
    help: '1 where the data folder’s file system is read-only',
    read: ({ reading }) => flag(known(reading.disk)?.readOnly),
  },
  {
    name: 'forpost_host_filesystem_errors',
    labels: [],
    help: 'Errors that the kernel found in the data folder’s file system since its last check',
    read: ({ reading }) => one(known(reading.disk)?.errors),
  },
  {
    name: 'forpost_host_filesystem_days_left',
    labels: [],
    help: 'Days until the data folder’s file system is full, by its trend; absent while it does not fill',
    read: ({ daysLeft }) => one(daysLeft),
  },
  {
    name: 'forpost_host_disk_life_used_ratio',
    labels: ['device'],
    help: 'Used part of a disk’s life time, as the disk reports it',
    read: (host) =>
      disks(host).flatMap(({ name, usedLife }) =>
        usedLife === undefined ? [] : [[{ device: name }, usedLife] as const],
      ),
  },
  {
    name: 'forpost_host_disk_failing',
    labels: ['device'],
    help: '1 where a disk says that it fails, or an array lacks a disk',
    read: (host) =>
      disks(host).flatMap(({ name, failing }) =>
        failing === undefined ? [] : [[{ device: name }, Number(failing)] as const],
      ),
  },
  {
    name: 'forpost_host_network_up',
    labels: ['device'],
    help: '1 where a network interface is connected',
    read: (host) => interfaces(host).map(({ name, up }) => [{ device: name }, Number(up)] as const),
  },
  {
    name: 'forpost_host_network_speed_bytes',
    labels: ['device'],
    help: 'Speed of a network interface, bytes a second',
    read: (host) =>
      interfaces(host).flatMap(({ name, speed }) =>
        speed === undefined ? [] : [[{ device: name }, (speed * 1_000_000) / 8] as const],
      ),
  },
];

/** The kernel's counters, which begin at 0 at each boot. */
export const hostCounters: readonly HostMetric[] = [
  {
    name: 'forpost_host_throttles_total',
    labels: [],
    help: 'How often the processor began to slow itself down because of heat; x86 only',
    read: ({ reading }) => one(known(reading.throttling)?.count),
  },
  {
    name: 'forpost_host_oom_kills_total',
    labels: [],
    help: 'Programs that the kernel ended because no memory was left',
    read: ({ reading }) => one(known(reading.memory)?.oomKills),
  },
  {
    name: 'forpost_host_network_errors_total',
    labels: ['device'],
    help: 'Damaged packets of a network interface',
    read: (host) => interfaces(host).map(({ name, errors }) => [{ device: name }, errors] as const),
  },
];
