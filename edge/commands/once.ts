/**
 * Gives each command one result, stored under an id that the outbox takes once, as a device's own id of an event. The
 * outbox remembers the newest 10,000 of them; the centre sends one gateway at most `maxCommandsPerDay`, and a
 * command holds for a day at most. A new outbox after damage has forgotten the ids: unexpired commands run again, which
 * every kind of command must allow anyway.
 */

/** The outbox's `resendId` of a command's result. */
export function resultId(command: string): string {
  return `command\n${command}`;
}
