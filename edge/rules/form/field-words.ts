/** Words of the fields of rules and actions, by the key in the document: a label, and a hint below it. A key without an entry keeps its schema's words. */
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';

export interface FieldWords {
  readonly label: Message;
  readonly hint?: Message;
}

const size = message('rule/hint.size');
const fields: Readonly<Record<string, FieldWords>> = {
  id: { label: message('rule/field.id'), hint: message('rule/hint.id') },
  name: { label: message('rule/field.name'), hint: message('rule/hint.name') },
  enabled: { label: message('rule/field.enabled'), hint: message('rule/hint.enabled') },
  severity: { label: message('rule/field.severity'), hint: message('rule/hint.severity') },
  category: { label: message('rule/field.category'), hint: message('rule/hint.category') },
  message: { label: message('rule/field.message'), hint: message('rule/hint.message') },
  test: { label: message('rule/field.test'), hint: message('rule/hint.test') },
  device: { label: message('rule/field.device'), hint: message('rule/hint.device') },
  devices: { label: message('rule/field.devices'), hint: message('rule/hint.devices') },
  channel: { label: message('rule/field.channel'), hint: message('rule/hint.channel') },
  metric: { label: message('rule/field.metric'), hint: message('rule/hint.metric') },
  above: { label: message('rule/field.above'), hint: message('rule/hint.above') },
  below: { label: message('rule/field.below'), hint: message('rule/hint.below') },
  clear: { label: message('rule/field.clear'), hint: message('rule/hint.clear') },
  hold_s: { label: message('rule/field.hold'), hint: message('rule/hint.hold') },
  after_s: { label: message('rule/field.after'), hint: message('rule/hint.after') },
  clear_after_s: { label: message('rule/field.clear-after'), hint: message('rule/hint.clear-after') },
  when: { label: message('rule/field.when'), hint: message('rule/hint.when') },
  camera: { label: message('rule/field.camera') },
  cameras: { label: message('rule/field.cameras') },
  zone: { label: message('rule/field.zone') },
  line: { label: message('rule/field.line') },
  direction: { label: message('rule/field.direction') },
  classes: { label: message('rule/field.classes'), hint: message('rule/hint.classes') },
  min_score: { label: message('rule/field.min-score'), hint: message('rule/hint.min-score') },
  min_height: { label: message('rule/field.min-height'), hint: size },
  max_height: { label: message('rule/field.max-height'), hint: size },
  min_area: { label: message('rule/field.min-area'), hint: size },
  max_area: { label: message('rule/field.max-area'), hint: size },
  confirmations: { label: message('rule/field.confirmations'), hint: message('rule/hint.confirmations') },
  parked: { label: message('rule/field.parked') },
  tampers: { label: message('rule/field.tampers'), hint: message('rule/hint.tampers') },
  rules: { label: message('rule/field.rules'), hint: message('rule/hint.rules') },
  min_severity: { label: message('rule/field.min-severity') },
  topic: { label: message('rule/field.topic'), hint: message('rule/hint.topic') },
  payload: { label: message('rule/field.payload'), hint: message('rule/hint.payload') },
  clear_payload: { label: message('rule/field.clear-payload'), hint: message('rule/hint.clear-payload') },
  retain: { label: message('rule/field.retain'), hint: message('rule/hint.retain') },
  url: { label: message('rule/field.url'), hint: message('rule/hint.url') },
  timeout_s: { label: message('rule/field.timeout') },
  stalled_after_s: { label: message('rule/field.stalled-after') },
};

const choices: Readonly<Record<string, Message>> = {
  info: message('common/severity.info'),
  warning: message('common/severity.warning'),
  critical: message('common/severity.critical'),
  left: message('rule/choice.left'),
  right: message('rule/choice.right'),
  up: message('rule/choice.up'),
  down: message('rule/choice.down'),
  stalled: message('rule/tamper.stalled'),
  covered: message('rule/tamper.covered'),
  blurred: message('rule/tamper.blurred'),
  moved: message('rule/tamper.moved'),
};

export function fieldWords(name: string): FieldWords | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

export function choiceWords(value: string): Message | undefined {
  return Object.hasOwn(choices, value) ? choices[value] : undefined;
}
