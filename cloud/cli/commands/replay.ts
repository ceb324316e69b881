/** `forpost cloud replay`: sends a gateway's events again, from Kafka into Kafka. */
import { command } from '@forpost/shared/cli/command.ts';
import type { ReplayOptions } from '../../jobs/replay.ts';
import { type ConfigOption, configOption } from '../options.ts';

export const replay = command<ConfigOption & ReplayOptions>({
  name: 'replay',
  summary:
    'put a gateway’s events that Kafka still holds into its topics again, marked so that nobody is notified again',
  options: [
    { flags: '--gateway <id>', summary: 'id of the gateway', required: true },
    { flags: '--lane <lane>', summary: 'alerts or telemetry (default: both)' },
    { flags: '--epoch <epoch>', summary: 'only of this epoch of its outbox' },
    {
      flags: '--from <number or time>',
      summary: 'first event: its number, or the RFC 3339 time at which the gateway took it',
    },
    { flags: '--to <number or time>', summary: 'last event, the same way' },
    configOption,
  ],
  async run({ config, ...options }) {
    const { replay: replayEvents } = await import('../../jobs/replay.ts');
    const figures = await replayEvents(config, options, (line) => process.stderr.write(`${line}\n`));
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    process.exit(0);
  },
});
