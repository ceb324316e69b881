/** The fields of a bridge, of a device behind it, and of a found device that gets its name. */
import type { ChoiceField, Field } from '../form/fields.ts';
import { t } from '../texts.ts';

/** The decoders of this version that a bridge may have. One of a newer gateway is shown by its name. */
const decoders: ChoiceField['choices'] = [
  { value: 'zigbee2mqtt', label: t('set-up/decoder.zigbee2mqtt'), about: t('set-up/decoder.zigbee2mqtt-about') },
  { value: 'tasmota', label: t('set-up/decoder.tasmota'), about: t('set-up/decoder.tasmota-bridge-about') },
  { value: 'native', label: t('set-up/decoder.native'), about: t('set-up/decoder.native-bridge-about') },
];
/** A device of these kinds may be a bridge. */
export const mayBeBridge: readonly unknown[] = ['tasmota', 'native'];

export const bridgeFields: readonly Field[] = [
  { kind: 'text', path: ['name'], label: t('set-up/field.name'), hint: t('set-up/devices.name-hint') },
  { kind: 'text', path: ['place'], label: t('set-up/field.place'), hint: t('set-up/field.place-hint') },
  {
    kind: 'choice',
    path: ['decoder'],
    label: t('set-up/devices.decoder'),
    hint: t('set-up/bridges.decoder-hint'),
    required: true,
    choices: decoders,
  },
  {
    kind: 'text',
    path: ['topic'],
    label: t('set-up/devices.topic'),
    hint: t('set-up/bridges.topic-hint'),
    literal: true,
  },
];

export const newBridgeFields: readonly Field[] = [
  ...bridgeFields.slice(0, 1),
  {
    kind: 'text',
    path: ['id'],
    label: t('set-up/field.id'),
    hint: t('set-up/devices.id-hint'),
    required: true,
    literal: true,
    placeholder: 'zigbee',
  },
  ...bridgeFields.slice(1),
];

const behindNames: readonly Field[] = [
  { kind: 'text', path: ['name'], label: t('set-up/field.name'), hint: t('set-up/devices.name-hint') },
  { kind: 'text', path: ['place'], label: t('set-up/field.place'), hint: t('set-up/field.place-hint') },
];

export const behindFields: readonly Field[] = [
  ...behindNames,
  {
    kind: 'text',
    path: ['source'],
    label: t('set-up/bridges.source'),
    hint: t('set-up/bridges.source-hint'),
    literal: true,
  },
];

export const namingFields: readonly Field[] = [
  { kind: 'text', path: ['name'], label: t('set-up/field.name') },
  { kind: 'text', path: ['place'], label: t('set-up/field.place'), folded: true },
  {
    kind: 'text',
    path: ['id'],
    label: t('set-up/field.id'),
    hint: t('set-up/bridges.found-id-hint'),
    literal: true,
    folded: true,
  },
];
