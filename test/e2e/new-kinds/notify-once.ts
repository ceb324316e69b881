/** A test runs this in a copy of Forpost: sends one alarm to the channels of a centre's file, the argument. */
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { loadCloud } from '../../../cloud/config/load.ts';
import { createRoutes } from '../../../cloud/notify/channels/registry.ts';
import { Notifier } from '../../../cloud/notify/notifier.ts';

const config = loadCloud(process.argv[2] ?? '');
const routes = createRoutes(config.notify);
const common = { clock: systemClock, random: Math.random, logger: silentLogger() };
const notifier = new Notifier({ folder: config.data, routes, ...common });
await notifier.start();
const time = new Date().toISOString();
await notifier.notify({
  id: 'a/1',
  site: 'home',
  gateway: 'gw',
  device: 'oven',
  alarm: 'x',
  rule: 'hot',
  change: 'raised',
  severity: 'critical',
  message: 'the oven is hot',
  time,
  received: time,
  late: false,
});
await notifier.stop();
