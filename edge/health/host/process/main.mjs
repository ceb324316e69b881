/**
 * The entry of the probe process. Plain JavaScript that loads nothing before its first message: the gateway forks it
 * while it is small itself and no device is connected, and asks for the first reading later.
 *
 * Always: the process ends itself when the gateway's process is gone, for whatever reason.
 */

/** @type {Promise<typeof import('./probing.ts')> | undefined} */
let probing;

process.on('message', async (message) => {
  probing ??= import('./probing.ts');
  const { handle } = await probing;
  handle(/** @type {import('../messages.ts').ToProbe} */ (message));
});
process.on('disconnect', () => process.exit(0));
