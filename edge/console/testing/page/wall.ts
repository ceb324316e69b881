/** The page on a screen on a wall, where a viewer is logged in. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { consoleServer, passwordHash } from '../server.ts';
import { activeAlarm, FakeSource, gatewayStatus, liveCamera } from '../source.ts';
import { browser, logIn } from './phone.ts';

export function wallTests(): void {
  test('a viewer, such as a screen on a wall, sees alarms and cameras, and no button that changes anything', async () => {
    const hash = await passwordHash();
    const wall = new FakeSource();
    wall.current = gatewayStatus({ name: 'Huber farm', at: new Date().toISOString(), cameras: [liveCamera()] });
    wall.active = [activeAlarm('1', { message: 'Power above 5 kW', place: 'Cellar' })];
    const viewing = consoleServer(wall, '', {
      gateway: 'farm-2',
      users: () => hash,
      roleOf: (name) => (name === 'hall' ? 'viewer' : 'operator'),
    });
    await viewing.start();
    const screen = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    try {
      for (const [user, buttons] of [
        ['hall', 0],
        ['installer', 1],
      ] as const) {
        await screen.goto(viewing.url);
        await logIn(screen, user);
        await screen.getByText('Power above 5 kW').first().waitFor();
        await screen.getByText('Cellar').first().waitFor();
        await screen.locator('forpost-camera').waitFor();
        for (const name of ['Acknowledge', 'Draw zones', 'Test'])
          expect([user, name, await screen.getByRole('button', { name, exact: true }).count()]).toEqual([
            user,
            name,
            buttons,
          ]);
        expect(await screen.getByText('Not acknowledged').count()).toBe(1 - buttons);
        for (const scheme of process.env.FORPOST_SHOTS === undefined ? [] : (['light', 'dark'] as const)) {
          await screen.emulateMedia({ colorScheme: scheme });
          for (const width of [390, 1280]) {
            await screen.setViewportSize({ width, height: 800 });
            await screen.screenshot({
              path: join(process.env.FORPOST_SHOTS ?? '', `wall-${user}-${width}-${scheme}.png`),
              fullPage: true,
            });
          }
        }
        await screen.getByRole('button', { name: 'Log out' }).click();
        await screen.getByLabel('User').waitFor();
      }
    } finally {
      await screen.close();
      await viewing.stop();
    }
  });
}
