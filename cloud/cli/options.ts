/** Options that several commands of the centre share. */
import type { CommandOption } from '@forpost/shared/cli/command.ts';

export interface ConfigOption {
  readonly config: string;
}

export const configOption: CommandOption = {
  flags: '-c, --config <file>',
  summary: 'the centre’s file: cloud.yaml',
  required: true,
};
