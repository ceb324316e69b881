/** A channel kind that a test adds: writes letters to a file. */
import { appendFile } from 'node:fs/promises';
import { words } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import type { ChannelConfig, ChannelKind } from '../../../cloud/notify/channel-kind.ts';

const schema = Type.Object({ file: Type.String({ description: 'where letters are kept' }) });

type LetterConfig = ChannelConfig & Type.Static<typeof schema>;

export const added: ChannelKind<LetterConfig> = {
  kind: 'letters',
  description: 'letters in a file',
  about: 'a letter box',
  schema,
  resolved: (config, at) => ({ ...config, file: at(config.file) }),
  check: ({ file }) =>
    file.endsWith('.txt')
      ? []
      : [{ path: ['file'], message: words('gateway/quotation', { text: 'a letter box is a .txt' }) }],
  summary: () => 'letters',
  create: ({ id, file }) => ({
    name: id,
    send: ({ message }) => appendFile(file, `${message}\n`),
    check: () => Promise.resolve(),
  }),
};
