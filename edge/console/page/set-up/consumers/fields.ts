/** The fields of a consumer. */
import type { Choice, Field, Values } from '../form/fields.ts';
import { t } from '../texts.ts';

/** The roles of this version. One of a newer gateway is shown by its name. */
const roles: readonly Choice[] = [
  { value: 'home-assistant', label: 'Home Assistant' },
  { value: 'node-red', label: 'Node-RED' },
  { value: 'zigbee2mqtt', label: 'Zigbee2MQTT' },
  { value: 'esphome', label: 'ESPHome' },
];
const withBase = ['node-red', 'zigbee2mqtt', 'esphome'];

export function roleTitle(role: string): string {
  return roles.find(({ value }) => value === role)?.label ?? role;
}

const has = (names: readonly string[]) => (values: Values) =>
  values.base_topic !== undefined || [values.role ?? []].flat().some((role) => names.includes(String(role)));

export const consumerFields: readonly Field[] = [
  { kind: 'text', path: ['name'], label: t('set-up/field.name'), hint: t('set-up/consumers.name-hint') },
  {
    kind: 'list',
    path: ['role'],
    label: t('set-up/consumers.role'),
    hint: t('set-up/consumers.role-hint'),
    add: t('set-up/consumers.role-add'),
    choices: roles,
  },
  {
    kind: 'text',
    path: ['base_topic'],
    label: t('set-up/consumers.base'),
    hint: t('set-up/consumers.base-hint'),
    literal: true,
    shown: has(withBase),
  },
  {
    kind: 'list',
    path: ['subscribe'],
    label: t('set-up/consumers.subscribe'),
    hint: t('set-up/consumers.subscribe-hint'),
    add: t('set-up/consumers.topic-add'),
    literal: true,
  },
  {
    kind: 'list',
    path: ['publish'],
    label: t('set-up/consumers.publish'),
    hint: t('set-up/consumers.publish-hint'),
    add: t('set-up/consumers.topic-add'),
    literal: true,
  },
];

export const newConsumerFields: readonly Field[] = [
  ...consumerFields.slice(0, 1),
  {
    kind: 'text',
    path: ['id'],
    label: t('set-up/field.id'),
    hint: t('set-up/consumers.id-hint'),
    required: true,
    literal: true,
    placeholder: 'home-assistant',
  },
  ...consumerFields.slice(1),
];
