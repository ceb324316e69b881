/** The kinds of channels there are. A new one is one file beside this and one line here. */
import Type from 'typebox';
import { type ChannelConfig, type ChannelKind, channelOfKind } from '../channel-kind.ts';
import type { Route } from '../notifier.ts';
import { webhook } from './webhook.ts';

/** Kinds whose configurations have been checked against their own schemas. */
export const channelKinds = [webhook] as readonly ChannelKind[];

/** Any channel. */
export const anyChannelSchema = Type.Unsafe<ChannelConfig>(Type.Union(channelKinds.map(channelOfKind)));

/** @throws RangeError of an unknown kind, which loading the centre's file refuses */
export function channelKindOf({ kind }: Pick<ChannelConfig, 'kind'>): ChannelKind {
  const found = channelKinds.find((one) => one.kind === kind);
  if (found === undefined) throw new RangeError(`there is no kind of channel "${kind}"`);
  return found;
}

/** The routes of a configuration's `notify` list. Without a severity a channel hears warnings and worse; without a language it is told in English. */
export function createRoutes(notify: readonly ChannelConfig[] = []): readonly Route[] {
  return notify.map((config) => ({
    channel: channelKindOf(config).create(config),
    severity: config.severity ?? 'warning',
    language: config.language ?? 'en',
  }));
}
