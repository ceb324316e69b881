import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import { fileCommands } from '../commands/testing/file-commands.ts';
import { GatewayDirectory } from '../gateways/directory.ts';
import { MemoryHistory } from '../history/memory-store.ts';
import { exampleAlert, exampleStatus } from '../testing/examples.ts';
import { AcknowledgementResend } from './acknowledgement-resend.ts';

test('a gateway that comes back after days gets the acknowledgements of the centre, each once', async () => {
  const clock = new FakeClock(Date.UTC(2026, 5, 1));
  const history = new MemoryHistory(clock);
  const gateways = new GatewayDirectory({ clock });
  const { commands, remove } = await fileCommands({ clock, history });
  const resend = new AcknowledgementResend({ gateways, history, commands, clock, logger: silentLogger() });
  await gateways.start();
  await resend.start();
  onTestFinished(async () => {
    await resend.stop();
    await gateways.stop();
    await remove();
  });
  const t = clock.now();
  await history.insert([
    exampleAlert(1, t, 'raised', 'seen here'),
    exampleAlert(2, t, 'cleared', 'seen here'),
    exampleAlert(3, t, 'cleared', 'not seen'),
  ]);
  await history.noteAcknowledgements([
    { gateway: 'gw-1', alarm: 'seen here', by: 'anna', at: t },
    { gateway: 'gw-2', alarm: 'of another', by: 'anna', at: t },
  ]);
  let counter = 0;
  const comesBack = async () => {
    for (let s = 0; s < 40; s++) {
      gateways.applyStatus(exampleStatus({ counter: ++counter, commandKeys: [commands.publicKey.id] }));
      clock.advance(1000);
    }
  };
  const sent = async () =>
    (await commands.recent('gw-1', 10)).map(({ kind, author, arguments: { alarm } }) => [kind, author, alarm]);
  await comesBack();
  await expect.poll(sent).toEqual([['acknowledge', 'anna', 'seen here']]);
  // the gateway reconnects while the command is under way; a new acknowledgement shows that the centre looked again
  for (let s = 0; s < 30; s++) clock.advance(1000);
  await history.insert([exampleAlert(4, t, 'raised', 'seen later')]);
  await history.noteAcknowledgements([{ gateway: 'gw-1', alarm: 'seen later', by: 'anna', at: t }]);
  await comesBack();
  const alarms = async () => (await sent()).map(([, , alarm]) => alarm);
  await expect.poll(alarms).toContain('seen later');
  expect((await alarms()).toSorted()).toEqual(['seen here', 'seen later']);
});
