/** Pairing on the gateway's page in a real browser: at phone width by touch, at a desk by keyboard alone. */
import mqtt, { type MqttClient } from 'mqtt';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, withoutBrowser } from '../harness/browser.ts';
import { testPassword } from '../harness/configuration.ts';
import { type OwnGateway, startGateway } from '../harness/gateway.ts';

const phone = { width: 390, height: 844 } as const;
const desk = { width: 1280, height: 900 } as const;
const soon = <T>(what: () => T | Promise<T>) => expect.poll(what, { timeout: 20_000, interval: 100 });

describe.skipIf(withoutBrowser !== undefined)('pairing on the page', () => {
  let gateway: OwnGateway;
  let browser: Browser;
  const clients: MqttClient[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    gateway = await startGateway({ devices: ['meter'] });
    browser = await launchBrowser();
  }, 60_000);
  afterEach(() => {
    for (const client of clients.splice(0)) client.end(true);
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  async function open(options: Parameters<Browser['newPage']>[0]): Promise<Page> {
    const page = await browser.newPage(options);
    page.on('console', (message) => {
      if (message.type() === 'error' && !/409|422/.test(message.text())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${gateway.url}/#set-up/pairing`);
    await page.locator('input[autocomplete="username"]').fill('installer');
    await page.locator('input[autocomplete="current-password"]').fill(testPassword);
    await page.locator('form button').first().click();
    return page;
  }

  /** A device that comes back by itself, and announces its model at each connection. */
  function device(
    clientId: string,
    log: { username?: string; password?: string },
    topic: string,
    payload: object,
  ): void {
    const client = mqtt.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`, {
      clientId,
      ...log,
      reconnectPeriod: 200,
      reconnectOnConnackError: true,
    });
    clients.push(client);
    client.on('error', () => undefined);
    client.on('connect', () => client.publish(topic, JSON.stringify(payload)));
  }

  const info = { Info1: { Module: 'Nous A1T', Version: '14.2.0', FallbackTopic: 'cmnd/DVES_1A2B3C_fb/' } };

  test('on a phone a person opens the window, sees a plug and takes it in with one tap', async () => {
    const page = await open({ viewport: phone, hasTouch: true, locale: 'en' });
    await page.getByRole('button', { name: 'Open the window' }).tap();
    await soon(() => page.getByText('No unknown device has connected yet').count()).toBe(1);
    device('DVES_1A2B3C', { username: 'plug', password: 'a good password' }, 'tele/plug/INFO1', info);
    await soon(() => page.getByRole('heading', { name: 'Nous A1T' }).count()).toBe(1);
    expect(await page.getByText('It is Nous A1T (Tasmota).').count()).toBe(1);
    const scrollWidth = await page.evaluate('document.documentElement.scrollWidth');
    expect(scrollWidth).toBeLessThanOrEqual(phone.width);
    await page.getByLabel('Name', { exact: true }).fill('Washing machine');
    await page.getByRole('button', { name: 'Take in' }).tap();
    await soon(() => page.getByText(/It is in: logged in/).count()).toBe(1);
    expect(await page.getByRole('heading', { name: 'Washing machine' }).count()).toBe(1);
    await page.close();
    expect(complaints).toEqual([]);
  }, 60_000);

  test('at a desk the keyboard alone takes a device in; the form refuses a taken id and keeps its text', async () => {
    const page = await open({ viewport: desk, locale: 'en' });
    const opener = page.getByRole('button', { name: /Open the window|Five minutes from now/ });
    await opener.focus();
    await page.keyboard.press('Enter');
    device('sensor-7', {}, 'forpost/devices/boiler/readings', { values: { temperature_c: 61.5 } });
    await soon(() => page.getByText('It is Forpost’s own JSON.').count()).toBe(1);
    const card = page.locator('.knocker', { hasText: 'Forpost’s own JSON' });
    expect(await card.locator('.fact', { hasText: '61.5' }).count()).toBe(1);
    await card.getByLabel('Name', { exact: true }).focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('Boiler');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await card.getByLabel('Id', { exact: true }).focus();
    await page.keyboard.type('meter');
    await page.keyboard.press('Enter');
    await soon(() => page.evaluate('document.activeElement?.getAttribute("aria-invalid")')).toBe('true');
    expect(await card.getByText('the id "meter" is taken already: choose another').count()).toBe(1);
    expect(await card.getByLabel('Name', { exact: true }).inputValue()).toBe('Boiler');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('boiler');
    await page.keyboard.press('Enter');
    // it gave no password: it gets one, which is shown once
    const password = page.locator('.shown-once code.secret');
    await soon(() => password.count()).toBe(1);
    expect(await password.textContent()).toMatch(/^\S{6}(-\S{6}){3}$/);
    await page.close();
    expect(complaints).toEqual([]);
  }, 60_000);
});
