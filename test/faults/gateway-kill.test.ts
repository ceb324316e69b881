import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestSite } from '../harness/site.ts';
import { gatewayKill } from './gateway-kill.ts';

const devices = ['meter-1', 'meter-2', 'meter-3'];
let site: TestSite;
beforeAll(async () => {
  site = await TestSite.start({ devices });
});
afterAll(() => site?.stop());

test('after kill -9 in mid-load every acknowledged reading is in the history exactly once', async () => {
  const outcome = await gatewayKill(site, devices, 'test', { kills: 2, loadMs: 2000 });
  expect(outcome.kills).toBe(2);
  expect(outcome.acknowledged).toBeGreaterThan(100);
  expect(outcome.lost).toBe(0);
  expect(outcome.duplicated).toBe(0);
});
