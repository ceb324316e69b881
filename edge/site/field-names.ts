/** Names of the document's fields for people. A field without a name here is shown as the file writes it. */
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';

const named: Readonly<Record<string, Message>> = {
  devices: message('gateway/field.devices'),
  bridges: message('gateway/field.bridges'),
  source: message('gateway/field.source'),
  consumers: message('gateway/field.consumers'),
  cameras: message('gateway/field.cameras'),
  rules: message('gateway/field.rules'),
  actions: message('gateway/field.actions'),
  place: message('gateway/field.place'),
  timezone: message('gateway/field.timezone'),
  language: message('gateway/field.language'),
  decoder: message('gateway/field.decoder'),
  topic: message('gateway/field.topic'),
  role: message('gateway/field.role'),
  url: message('gateway/field.url'),
  detector: message('gateway/field.detector'),
  severity: message('gateway/field.severity'),
  message: message('gateway/field.message'),
  when: message('gateway/field.when'),
  metric: message('gateway/field.metric'),
  above: message('gateway/field.above'),
  below: message('gateway/field.below'),
  clear: message('gateway/field.clear'),
  hold_s: message('gateway/field.hold'),
  after_s: message('gateway/field.after'),
  clear_after_s: message('gateway/field.clear-after'),
};

/** `path`: as `severity` or `record.before_s` */
export function fieldName(path: string): Message | string {
  return Object.hasOwn(named, path) ? (named[path] ?? path) : path;
}
