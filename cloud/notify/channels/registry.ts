/** The registry of channel kinds. A new kind is one file beside this one and one line here. */
import Type from 'typebox';
import { type ChannelConfig, type ChannelKind, channelOfKind } from '../channel-kind.ts';
import type { Route } from '../route-queues.ts';
import { webhook } from './webhook.ts';

/** All kinds. Each gets only configurations that were checked against its own schema, so the wider type is safe. */
export const channelKinds = [webhook] as readonly ChannelKind[];

/** The schema of a channel of any kind. */
export const anyChannelSchema = Type.Unsafe<ChannelConfig>(Type.Union(channelKinds.map(channelOfKind)));

/** @throws RangeError for an unknown kind; loading cloud.yaml refuses one earlier */
export function channelKindOf({ kind }: Pick<ChannelConfig, 'kind'>): ChannelKind {
  const found = channelKinds.find((one) => one.kind === kind);
  if (found === undefined) throw new RangeError(`there is no kind of channel "${kind}"`);
  return found;
}

/** The routes of a configuration's `notify` list. A channel's default severity is warning, its default language English. */
export function createRoutes(notify: readonly ChannelConfig[] = []): readonly Route[] {
  return notify.map((config) => ({
    channel: channelKindOf(config).create(config),
    severity: config.severity ?? 'warning',
    language: config.language ?? 'en',
    ...(config.recipients === undefined ? {} : { recipients: config.recipients }),
  }));
}
