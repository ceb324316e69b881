/** `forpost replay`: sends stored events to the centre again. */
import { command } from '@forpost/shared/cli/command.ts';
import type { ReplayCommand } from '../../replay/replay-command.ts';
import { configOption } from '../options.ts';

export const replay = command<ReplayCommand>({
  name: 'replay',
  summary: 'send kept events of the outbox again; the centre drops repeated ids, and nobody is notified again',
  options: [
    configOption,
    { flags: '--lane <lane>', summary: 'alerts or telemetry', required: true },
    {
      flags: '--from <number|time>',
      summary: 'first event: its number, or a time of receipt by the gateway (2026-06-01T10:00:00Z)',
      required: true,
    },
    {
      flags: '--to <number|time>',
      summary: 'last event: its number (inclusive), or a time (exclusive)',
      required: true,
    },
    { flags: '--epoch <epoch>', summary: 'epoch of the numbers, where the outbox keeps several' },
    { flags: '--sink <name...>', summary: 'only to these uplinks (default: all)' },
  ],
  async run(options) {
    const { runReplay } = await import('../../replay/replay-command.ts');
    await runReplay(options);
  },
});
