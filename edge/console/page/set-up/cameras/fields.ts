/** The fields of a camera. Zones, lines and masks are drawn in its picture (../../scene-editor.ts). */
import type { Field } from '../form/fields.ts';
import { t } from '../texts.ts';

const names: readonly Field[] = [
  { kind: 'text', path: ['name'], label: t('set-up/field.name'), hint: t('set-up/cameras.name-hint') },
  { kind: 'text', path: ['place'], label: t('set-up/field.place'), hint: t('set-up/field.place-hint') },
];

export const newCameraFields: readonly Field[] = [
  ...names.slice(0, 1),
  {
    kind: 'text',
    path: ['id'],
    label: t('set-up/field.id'),
    hint: t('set-up/cameras.id-hint'),
    required: true,
    literal: true,
    placeholder: 'yard',
  },
  ...names.slice(1),
];

export const cameraFields: readonly Field[] = [
  ...names,
  {
    kind: 'text',
    path: ['url'],
    label: t('set-up/cameras.url'),
    hint: t('set-up/cameras.url-hint'),
    required: true,
    literal: true,
  },
  {
    kind: 'text',
    path: ['main_url'],
    label: t('set-up/cameras.main-url'),
    hint: t('set-up/cameras.main-url-hint'),
    literal: true,
  },
  {
    kind: 'choice',
    path: ['transport'],
    label: t('set-up/cameras.transport'),
    choices: [
      { value: 'tcp', label: 'TCP' },
      { value: 'udp', label: 'UDP', about: t('set-up/cameras.udp-about') },
    ],
    none: t('set-up/cameras.transport-none'),
  },
  {
    kind: 'text',
    path: ['detector'],
    label: t('set-up/cameras.detector'),
    hint: t('set-up/cameras.detector-hint'),
    placeholder: 'motion',
    literal: true,
  },
  {
    kind: 'number',
    path: ['fps'],
    label: t('set-up/cameras.fps'),
    hint: t('set-up/cameras.fps-hint'),
    unit: '1/s',
    placeholder: '5',
  },
  {
    kind: 'number',
    path: ['record', 'before_s'],
    label: t('set-up/cameras.before'),
    unit: 's',
    placeholder: '5',
  },
  {
    kind: 'number',
    path: ['record', 'after_s'],
    label: t('set-up/cameras.after'),
    unit: 's',
    placeholder: '8',
  },
  {
    kind: 'text',
    path: ['fingerprint'],
    label: t('set-up/cameras.fingerprint'),
    hint: t('set-up/cameras.fingerprint-hint'),
    literal: true,
    shown: ({ url, main_url: main }) => [url, main].some((one) => /^(rtsps|https):/.test(String(one ?? ''))),
  },
];

export const loginFields: readonly Field[] = [
  {
    kind: 'text',
    path: ['user'],
    label: t('set-up/cameras.user'),
    required: true,
    literal: true,
  },
  { kind: 'secret', path: ['password'], label: t('set-up/cameras.password'), autocomplete: 'off' },
];
