/**
 * One reading of the machine that the gateway runs on, as the probe process sends it: plain data, no judgement.
 *
 * Always: a part that the machine cannot tell is `unknown` with the reason in words, and never 0. Sizes are in bytes,
 * temperatures in °C, shares between 0 and 1.
 */

/** A part of the machine's health, or why it is not known here: words of the catalogue (`gateway/reason.host-…`). */
export type Known<Figures extends object> = Figures | Unknown;

export interface Unknown {
  readonly unknown: string;
}

export interface HostReading {
  /** "Raspberry Pi 4 Model B Rev 1.4" */
  readonly model?: string;
  readonly temperature: Known<Temperature>;
  readonly throttling: Known<Throttling>;
  readonly power: Known<Power>;
  readonly load: Known<Load>;
  readonly memory: Known<Memory>;
  readonly disk: Known<Disk>;
  readonly storage: Known<Storage>;
  readonly network: Known<Network>;
}

/** The parts that a reading has. */
export type HostPart = Exclude<keyof HostReading, 'model'>;
export const hostParts = [
  'temperature',
  'throttling',
  'power',
  'load',
  'memory',
  'disk',
  'storage',
  'network',
] as const satisfies readonly HostPart[];

export interface Temperature {
  /** not empty */
  readonly sensors: readonly Sensor[];
}

export interface Sensor {
  /** of the system: "cpu_thermal", "nvme Composite" */
  readonly name: string;
  readonly of: 'processor' | 'disk' | 'other';
  readonly celsius: number;
  /** the temperature at which the machine switches itself off, or the maker calls the part at risk */
  readonly critical?: number;
}

export interface Throttling {
  /** the processor is slowed down by heat now */
  readonly byHeat: boolean;
  /** how often that began since the boot; x86 only */
  readonly count?: number;
}

export interface Power {
  /** the voltage is too low now */
  readonly tooWeak: boolean;
  /** it was too low at some time since the boot */
  readonly tooWeakSinceBoot?: boolean;
}

/** Waiting and running tasks on average over 1, 5 and 15 min. */
export interface Load {
  readonly cores: number;
  readonly load1: number;
  readonly load5: number;
  readonly load15: number;
}

export interface Memory {
  readonly total: number;
  /** what programs can get without swapping */
  readonly available: number;
  readonly swapTotal: number;
  readonly swapFree: number;
  /** share of the last 5 min in which all tasks waited for memory; absent: the kernel does not measure it */
  readonly stalledShare?: number;
  /** programs that the kernel ended since the boot because no memory was left */
  readonly oomKills?: number;
}

/** The file system of the data folder. */
export interface Disk {
  readonly mount: string;
  /** ext4, overlay, … */
  readonly type: string;
  readonly total: number;
  /** free for programs without special rights */
  readonly available: number;
  /** files that it can hold and that it still can take; absent: it has no fixed number */
  readonly files?: number;
  readonly filesFree?: number;
  readonly readOnly: boolean;
  /** errors that the kernel found in the file system since it was last checked; ext4 only */
  readonly errors?: number;
}

export interface Storage {
  /** not empty */
  readonly disks: readonly StorageDisk[];
}

export interface StorageDisk {
  /** of the system: "mmcblk0", "nvme0n1", "md0" */
  readonly name: string;
  readonly kind: 'emmc' | 'sd' | 'nvme' | 'disk' | 'array';
  /** share of the life time that the maker has planned; above 1: worn out */
  readonly usedLife?: number;
  /** spare blocks: low = 80 % are used, urgent = 90 % */
  readonly spare?: 'normal' | 'low' | 'urgent';
  /** the disk or the kernel reports that the disk fails, or that an array lacks a disk */
  readonly failing?: boolean;
  /** why the disk's health is unknown */
  readonly unknown?: string;
}

export interface Network {
  /** not empty; without the loopback */
  readonly interfaces: readonly Interface[];
}

export interface Interface {
  readonly name: string;
  readonly up: boolean;
  /** its first address; absent: none */
  readonly address?: string;
  /** Mbit/s; absent: unknown (wireless, a virtual one) */
  readonly speed?: number;
  /** packets that were damaged since it came up */
  readonly errors: number;
}

export function isKnown<Figures extends object>(part: Known<Figures>): part is Figures {
  return !('unknown' in part);
}

/** The part, or undefined where it is not known. */
export function known<Figures extends object>(part: Known<Figures>): Figures | undefined {
  return isKnown(part) ? part : undefined;
}
