/** The machine that the gateway runs on, on the page. */
import type { HostStatus } from '@forpost/shared/event/status.ts';
import { expect, test } from 'vitest';
import { page, source } from './phone.ts';

/** A Raspberry Pi that is hot, has a weak power supply and an SD card. */
export const strained: HostStatus = {
  at: '2026-06-01T12:05:00.000Z',
  model: 'Raspberry Pi 4 Model B Rev 1.4',
  values: {
    temperature_c: 86.2,
    load5: 1.84,
    cores: 4,
    memory_total_bytes: 3.98e9,
    memory_available_bytes: 2.1e9,
    disk_total_bytes: 31e9,
    disk_available_bytes: 6.2e9,
    disk_days_left: 3.4,
  },
  findings: [
    {
      part: 'temperature',
      level: 'bad',
      text: 'the processor is hot',
      textI18n: { key: 'gateway/reason.host-hot', values: { sensor: 'cpu_thermal', celsius: 86, limit: 85 } },
    },
    {
      part: 'disk',
      level: 'bad',
      text: 'the disk of / will be full in 3 days',
      textI18n: { key: 'gateway/reason.host-full-in-days', values: { where: '/', days: 3 } },
    },
    {
      part: 'power',
      level: 'watch',
      text: 'the power supply was too weak',
      textI18n: { key: 'gateway/reason.host-undervoltage-seen' },
    },
    {
      part: 'storage',
      level: 'unknown',
      text: 'SD cards do not tell their wear',
      textI18n: { key: 'gateway/reason.host-sd-card' },
    },
  ],
  disks: [{ name: 'mmcblk0' }],
  interfaces: [
    { name: 'eth0', up: true, address: '192.168.1.5' },
    { name: 'wlan0', up: false },
  ],
};

export function hostTests(): void {
  test('the machine’s section says what is wrong and what to do, and fits a phone', async () => {
    const before = source.current;
    source.current = { ...before, host: strained };
    const machine = page.locator('#host');
    await machine.getByText('Raspberry Pi 4 Model B').waitFor();
    await machine.getByText('The processor (cpu_thermal) has 86 °C, above 85 °C: ventilate the gateway').waitFor();
    await machine.getByText('6.2 GB of 31 GB free').waitFor();
    await machine.getByText('Not known here: SD cards do not tell their wear').waitFor();
    await machine.getByText('eth0 192.168.1.5; wlan0: not connected').waitFor();
    expect(await machine.locator('.badge').allTextContents()).toEqual(['Alarm', 'Look', 'Alarm']);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    source.current = before;
    await machine.waitFor({ state: 'detached' });
  });
}
