/** The kinds of channels. A new one is one file beside this and one line here. */
import type { CloudConfig } from '../../config/config.ts';
import type { Channel } from '../channel.ts';
import type { Route } from '../notifier.ts';
import { WebhookChannel } from './webhook.ts';

type ChannelConfig = NonNullable<CloudConfig['notify']>[number];

const kinds: { readonly [Kind in ChannelConfig['kind']]: (config: ChannelConfig) => Channel } = {
  webhook: (config) => new WebhookChannel(config.id, config.url),
};

/** The routes of a configuration's `notify` list. Without a severity a channel hears warnings and worse. */
export function createRoutes(notify: CloudConfig['notify']): readonly Route[] {
  return (notify ?? []).map((config) => ({
    channel: kinds[config.kind](config),
    severity: config.severity ?? 'warning',
  }));
}
