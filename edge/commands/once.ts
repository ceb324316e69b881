/**
 * How a command is applied once: its result is stored under an id that the outbox takes once (as a device's own id of
 * an event), in the commit of the result itself. Of these the outbox keeps the newest 10,000; the centre gives one
 * gateway at most `maxCommandsPerDay`, and none holds for longer than a day. An outbox that is put aside forgets them:
 * what is unexpired then is applied again, which its kind must bear anyway.
 */

/** The outbox's `resendId` of a command's result. */
export function resultId(command: string): string {
  return `command\n${command}`;
}
