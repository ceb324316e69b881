/** A decoder that a test adds: each message is one line such as `temperature_c=21.5;humidity_pct=40`. */

import { words } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import type { Decoder } from '../../../edge/devices/decoder.ts';
import { MessageNotes } from '../../../edge/devices/message-notes.ts';
import { refused, textOf } from '../../../edge/devices/payload.ts';
import type { DeviceConfig } from '../../../edge/site/site.ts';

const schema = Type.Object({
  separator: Type.Optional(Type.String({ minLength: 1, maxLength: 1, description: 'between values', default: ';' })),
});

type LinesDevice = DeviceConfig & Type.Static<typeof schema>;

const topicOf = ({ id, topic = id }: DeviceConfig) => `lines/${topic}`;

export const added: Decoder<LinesDevice> = {
  name: 'lines',
  about: 'devices that send lines',
  schema,
  check: ({ separator }) =>
    separator === '='
      ? [
          {
            path: ['separator'],
            message: words('gateway/quotation', { text: '"=" stands between a name and its value' }),
          },
        ]
      : [],
  reserves: (topic) => topic === 'lines',
  publishFilters: (device) => [topicOf(device)],
  subscribeFilters: () => [],
  decode({ device, payload, received }) {
    const text = textOf(payload);
    if (text === undefined) return refused(message('gateway/note.utf16'));
    const notes = new MessageNotes();
    const values: Record<string, number> = {};
    for (const part of text.split(device.separator ?? ';')) {
      const [metric = '', value = ''] = part.split('=');
      const read = notes.number(metric, value);
      if (read !== undefined) values[metric] = read;
    }
    return notes.understood(
      [{ kind: 'reading', time: received, timeFromDevice: false, data: { values } }],
      Object.keys(values).length > 0,
    );
  },
};
