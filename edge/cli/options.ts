/** Options that several commands of the gateway share. */
import type { CommandOption } from '@forpost/shared/cli/command.ts';

export interface ConfigOption {
  readonly config: string;
}

export const configOption: CommandOption = {
  flags: '-c, --config <file>',
  summary: 'the gateway’s file: gateway.yaml',
  required: true,
};
