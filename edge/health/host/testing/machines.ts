/**
 * Recorded machines for tests: the files of /proc and /sys that the probes read, by the kernel's documentation. A value
 * that begins with "-> " is a symbolic link. `recorded` writes one into a folder, which takes the place of the root.
 */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileSystemSizes } from '../process/disk.ts';

export type Tree = Readonly<Record<string, string>>;

const gigabyte = 1_000_000_000;

/** 30 GB, of which 20 GB are free. */
export const halfEmpty: FileSystemSizes = {
  bsize: 4096,
  blocks: (30 * gigabyte) / 4096,
  bavail: (20 * gigabyte) / 4096,
  files: 1_900_000,
  ffree: 1_800_000,
};

/** The files of one thing below /sys. */
const below = (folder: string, files: Tree): Tree =>
  Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]));
const thermalZone = (zone: number, files: Tree) => below(`sys/class/thermal/thermal_zone${zone}`, files);
const sensorChip = (chip: number, files: Tree) => below(`sys/class/hwmon/hwmon${chip}`, files);
const networkInterface = (name: string, files: Tree) => below(`sys/class/net/${name}`, files);
/** The hardware of an interface; a bridge has none. */
const ethernet = '-> ../../../devices/eth';

const proc = (cores: number, memory: number, available: number): Tree => ({
  'proc/loadavg': '0.52 0.41 0.30 1/187 4711',
  'proc/stat': ['cpu  100 0 50 900', ...Array.from({ length: cores }, (_, n) => `cpu${n} 25 0 12 225`), 'ctxt 1'].join(
    '\n',
  ),
  'proc/meminfo': [
    `MemTotal:       ${memory} kB`,
    `MemFree:        ${available - 1000} kB`,
    `MemAvailable:   ${available} kB`,
    'SwapTotal:      102396 kB',
    'SwapFree:       102396 kB',
  ].join('\n'),
  'proc/vmstat': 'nr_free_pages 1000\noom_kill 0',
});

/** A Raspberry Pi 4 with an SD card, under Raspberry Pi OS; its kernel measures no pressure. */
export const raspberryPi4: Tree = {
  ...proc(4, 3_884_000, 2_900_000),
  'proc/device-tree/model': 'Raspberry Pi 4 Model B Rev 1.4\0',
  'proc/self/mountinfo': [
    '23 1 179:2 / / rw,noatime - ext4 /dev/mmcblk0p2 rw,errors=remount-ro',
    '24 23 0:21 / /proc rw,relatime - proc proc rw',
    '30 23 179:1 / /boot/firmware rw,relatime - vfat /dev/mmcblk0p1 rw',
  ].join('\n'),
  ...thermalZone(0, { type: 'cpu-thermal', temp: '48251', trip_point_0_type: 'critical', trip_point_0_temp: '110000' }),
  ...sensorChip(0, { name: 'cpu_thermal', temp1_input: '48251', temp1_crit: '110000' }),
  ...sensorChip(1, { name: 'rpi_volt', in0_lcrit_alarm: '0' }),
  'sys/devices/platform/soc/soc:firmware/get_throttled': '0',
  'sys/block/mmcblk0/device/type': 'SD',
  'sys/block/mmcblk0/device/name': 'SC32G',
  'sys/block/mmcblk0/mmcblk0p2/dev': '179:2',
  'sys/dev/block/179:2': '-> ../../block/mmcblk0/mmcblk0p2',
  'sys/fs/ext4/mmcblk0p2/errors_count': '0',
  ...networkInterface('lo', { operstate: 'unknown' }),
  'sys/devices/eth/uevent': '',
  ...networkInterface('eth0', {
    device: ethernet,
    operstate: 'up',
    speed: '1000',
    'statistics/rx_errors': '3',
    'statistics/tx_errors': '1',
  }),
  ...networkInterface('wlan0', { device: ethernet, operstate: 'down', carrier: '0' }),
  ...networkInterface('br-1234', { operstate: 'up' }),
};

/** A Raspberry Pi 5 with the upstream kernel: the voltage alone, and a fan. */
export const raspberryPi5: Tree = {
  ...raspberryPi4,
  'proc/device-tree/model': 'Raspberry Pi 5 Model B Rev 1.0\0',
  'sys/devices/platform/soc/soc:firmware/get_throttled': '',
  'sys/class/hwmon/hwmon1/in0_lcrit_alarm': '1',
  ...sensorChip(2, { name: 'rp1_adc', temp1_input: '52500' }),
  'sys/class/thermal/cooling_device0/type': 'pwm-fan',
  'sys/class/thermal/cooling_device0/cur_state': '2',
};

/** An industrial x86 computer with eMMC, NVMe and a degraded mirror. */
export const industrial: Tree = {
  ...proc(4, 8_000_000, 6_000_000),
  'proc/pressure/memory':
    'some avg10=0.00 avg60=0.00 avg300=1.50 total=100\nfull avg10=0.00 avg60=0.00 avg300=0.25 total=50',
  'proc/mdstat': [
    'Personalities : [raid1]',
    'md0 : active raid1 sdb1[1]',
    '      1046528 blocks super 1.2 [2/1] [_U]',
    '',
    'md1 : active raid1 sda2[0] sdb2[1]',
    '      1046528 blocks super 1.2 [2/2] [UU]',
  ].join('\n'),
  'proc/self/mountinfo': [
    '22 1 259:2 / / rw,relatime - ext4 /dev/nvme0n1p2 rw',
    '31 22 179:1 / /var/lib/my\\040data rw - ext4 /dev/mmcblk0p1 ro,errors=remount-ro',
  ].join('\n'),
  'sys/class/dmi/id/sys_vendor': 'ADVANTECH',
  'sys/class/dmi/id/product_name': 'UNO-2271G',
  ...thermalZone(0, { type: 'acpitz', temp: '0' }),
  ...thermalZone(1, { type: 'x86_pkg_temp', temp: '61000' }),
  ...sensorChip(0, {
    name: 'coretemp',
    temp1_label: 'Package id 0',
    temp1_input: '60000',
    temp1_crit: '100000',
    temp2_label: 'Core 0',
    temp2_input: '62000',
    temp2_crit: '100000',
  }),
  ...sensorChip(1, { name: 'nvme', temp1_label: 'Composite', temp1_input: '41850', temp1_crit: '84850' }),
  ...sensorChip(2, { name: 'broken', temp1_input: '-273150' }),
  'sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count': '7',
  'sys/devices/system/cpu/cpu1/thermal_throttle/package_throttle_count': '7',
  'sys/block/mmcblk0/device/type': 'MMC',
  'sys/block/mmcblk0/device/life_time': '0x03 0x08',
  'sys/block/mmcblk0/device/pre_eol_info': '0x01',
  'sys/block/mmcblk0boot0/device/type': 'MMC',
  'sys/block/nvme0n1/size': '1000',
  'sys/block/loop0/size': '8',
  'sys/block/mmcblk0/mmcblk0p1/dev': '179:1',
  'sys/dev/block/179:1': '-> ../../block/mmcblk0/mmcblk0p1',
  'sys/fs/ext4/mmcblk0p1/errors_count': '2',
  'sys/devices/eth/uevent': '',
  ...networkInterface('enp1s0', { device: ethernet, operstate: 'up', speed: '-1' }),
};

/** A virtual machine: no sensors, a virtual disk, a clean slate otherwise. */
export const virtualMachine: Tree = {
  ...proc(2, 2_000_000, 1_500_000),
  'proc/self/mountinfo': '22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw',
  'sys/class/dmi/id/sys_vendor': 'QEMU',
  'sys/block/vda/size': '1000',
  'sys/devices/eth/uevent': '',
  ...networkInterface('eth0', { device: ethernet, operstate: 'up' }),
};

/** A container with a memory limit of 512 MB on a machine with 64 GB. */
export const container: Tree = {
  ...proc(16, 64_000_000, 50_000_000),
  'proc/self/mountinfo': '500 1 0:50 / / rw,relatime - overlay overlay rw,lowerdir=/a:/b',
  'sys/fs/cgroup/memory.max': '536870912',
  'sys/fs/cgroup/memory.current': '500000000',
  'sys/fs/cgroup/memory.stat': 'anon 100\ninactive_file 100000000',
  'sys/fs/cgroup/memory.events': 'low 0\nhigh 0\nmax 9\noom 2\noom_kill 2',
  ...networkInterface('lo', { operstate: 'unknown' }),
  ...networkInterface('eth0', { operstate: 'up' }),
};

/** Writes the tree below `folder`. */
export async function recorded(folder: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    if (content.startsWith('-> ')) await symlink(content.slice('-> '.length), file);
    else await writeFile(file, content);
  }
}
