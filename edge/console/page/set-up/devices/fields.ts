/** The fields of a device, and the choice of its decoder. */
import type { ChoiceField, Field } from '../form/fields.ts';
import { t } from '../texts.ts';

/** The decoders of this version. One of a newer gateway is chosen by its name. */
const decoders: ChoiceField['choices'] = [
  { value: 'shelly', label: t('set-up/decoder.shelly'), about: t('set-up/decoder.shelly-about') },
  { value: 'tasmota', label: t('set-up/decoder.tasmota'), about: t('set-up/decoder.tasmota-about') },
  { value: 'native', label: t('set-up/decoder.native'), about: t('set-up/decoder.native-about') },
];

const common: readonly Field[] = [
  { kind: 'text', path: ['name'], label: t('set-up/field.name'), hint: t('set-up/devices.name-hint') },
  { kind: 'text', path: ['place'], label: t('set-up/field.place'), hint: t('set-up/field.place-hint') },
  {
    kind: 'choice',
    path: ['decoder'],
    label: t('set-up/devices.decoder'),
    hint: t('set-up/devices.decoder-hint'),
    required: true,
    choices: decoders,
  },
  {
    kind: 'text',
    path: ['topic'],
    label: t('set-up/devices.topic'),
    hint: t('set-up/devices.topic-hint'),
    literal: true,
  },
];

const idField: Field = {
  kind: 'text',
  path: ['id'],
  label: t('set-up/field.id'),
  hint: t('set-up/devices.id-hint'),
  required: true,
  literal: true,
  placeholder: 'meter-7',
};

export const deviceFields: readonly Field[] = common;
export const newDeviceFields: readonly Field[] = [...common.slice(0, 1), idField, ...common.slice(1)];
