/** What the page shows while the gateway does not answer, and after its restart. */
import { expect, test } from 'vitest';
import { freePorts } from '../../../../test/harness/ports.ts';
import { TcpProxy } from '../../../../test/harness/proxy.ts';
import { anotherPage, logIn, page, server, startServerAgain, tap } from './phone.ts';

/** For the page: counts the ticks of its streams in `ticks`. */
const countTicks = `
  window.ticks = 0;
  window.EventSource = class extends EventSource {
    constructor(url, options) {
      super(url, options);
      this.addEventListener('tick', () => window.ticks++);
    }
  };
`;

export function outageTests(): void {
  test('the page reports a gateway that stops answering without closing its connection, as at a loss of power', async () => {
    const [port = 0] = await freePorts(1);
    const proxy = await TcpProxy.start(port, () => Number(new URL(server.url).port));
    const far = await anotherPage(`http://127.0.0.1:${port}`);
    await far.addInitScript(countTicks);
    await far.reload();
    await logIn(far);
    await far.getByText('Huber farm').first().waitFor();
    const lost = far.getByText('The gateway does not answer');
    // connection.test.ts shows that a tick keeps the page connected, and how long it waits for the next one
    await expect.poll(() => far.evaluate<number>('ticks'), { timeout: 30_000 }).toBeGreaterThanOrEqual(2);
    expect(await lost.count()).toBe(0);
    proxy.hold(['requests', 'answers']);
    await lost.waitFor({ timeout: 20_000 });
    proxy.heal();
    await lost.waitFor({ state: 'detached', timeout: 20_000 });
    await far.close();
    await proxy.stop();
  });

  test('the page reports a gateway that stops; after its restart the page asks for the log-in, and the drawing is kept', async () => {
    await page.getByRole('button', { name: 'Draw zones' }).click();
    await page.getByRole('button', { name: 'New line' }).click();
    await tap(0.1, 0.2);
    await tap(0.9, 0.2);
    const drawn = page.locator('.editing .line polyline[points]');
    const before = await drawn.count();
    const port = Number(new URL(server.url).port);
    await server.stop();
    const lost = page.getByText('The gateway does not answer');
    await lost.waitFor({ state: 'attached' });
    await startServerAgain(port);
    // this gateway keeps no sessions across a restart, so the page asks for the log-in
    await page.getByText('The log-in is over').waitFor();
    await lost.waitFor({ state: 'detached' });
    for (const _twice of [1, 2]) await page.keyboard.press('Escape');
    await logIn(page);
    await page.locator('forpost-login').waitFor({ state: 'detached' });
    expect(await drawn.count()).toBe(before);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.getByText('An alarm needs you').waitFor();
    const picture = page.locator('forpost-camera img');
    const shown = await picture.getAttribute('src');
    await expect.poll(() => picture.getAttribute('src'), { timeout: 30_000 }).not.toBe(shown);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    expect(await page.locator('forpost-camera').count()).toBe(0);
  });
}
