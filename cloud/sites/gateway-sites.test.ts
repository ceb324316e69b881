/** The site of a gateway: the centre records the first one that the gateway names; later only staff change it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import { FileRegistry } from '../registry/file-registry.ts';
import { GatewaySites } from './gateway-sites.ts';

const logger = silentLogger();

async function sites(clock = new FakeClock(), file?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-sites-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const place = file ?? join(folder, 'registry.jsonl');
  const registry = new FileRegistry(place, clock, logger);
  await registry.start();
  const made = new GatewaySites(registry, clock, logger);
  onTestFinished(async () => {
    await made.stop();
    await registry.stop();
  });
  return { made, clock, place, registry };
}

test('a gateway that has named one site is refused when it names another, also after a restart of the centre', async () => {
  const { made, place, registry } = await sites();
  expect(made.refusal('gw-1', 'home')).toBeUndefined();
  expect(made.refusal('gw-1', 'home')).toBeUndefined();
  expect(made.refusal('gw-1', 'bank')).toContain('the gateway "gw-1" belongs to the site "home" and says "bank"');
  expect(made.refusal('gw-2', 'home'), 'a site has several gateways').toBeUndefined();
  await expect.poll(() => registry.get('gateway-site', 'gw-1')?.data).toEqual({ site: 'home', former: [] });
  const again = await sites(new FakeClock(), place);
  expect(again.made.refusal('gw-1', 'bank')).toContain('belongs to the site "home"');
});

test('after staff moved a gateway its new site counts, and for a week the former site too, for events on their way', async () => {
  const { made, clock } = await sites();
  expect(made.refusal('gw-1', 'home')).toBeUndefined();
  await made.move('gw-1', 'villa', 'anna');
  expect(made.refusal('gw-1', 'villa')).toBeUndefined();
  expect(made.refusal('gw-1', 'home')).toBeUndefined();
  expect(made.refusal('gw-1', 'bank')).toContain('belongs to the site "villa"');
  clock.advance(8 * 86_400_000);
  expect(made.refusal('gw-1', 'home')).toContain('belongs to the site "villa"');
  await made.move('gw-1', 'home', 'anna');
  expect(made.of('gw-1')).toEqual({ site: 'home', former: [{ site: 'villa', until: expect.any(Number) }] });
});

test.each(['', 'Home', 'a b', '__proto__', 'x'.repeat(65)])(
  'no gateway is moved to "%s", which is no id',
  async (site) => {
    const { made } = await sites();
    await expect(made.move('gw-1', site, 'anna')).rejects.toThrow('is no id');
  },
);

test('a gateway named like a property of every object has no site until it names one', async () => {
  const { made } = await sites();
  for (const gateway of ['constructor', 'tostring', 'hasownproperty']) {
    expect(made.of(gateway)).toBeUndefined();
    expect(made.refusal(gateway, 'home')).toBeUndefined();
    expect(made.refusal(gateway, 'bank')).toContain('belongs to the site "home"');
  }
});
