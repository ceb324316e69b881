/** English texts of set-up on the gateway’s page, a file for each area. See ../texts.ts for the rules of a key. */
import { setUpCamerasEn } from './set-up-cameras.en.ts';
import { setUpDevicesEn } from './set-up-devices.en.ts';
import { setUpPairingEn } from './set-up-pairing.en.ts';

export const setUpEn = {
  ...setUpDevicesEn,
  ...setUpPairingEn,
  ...setUpCamerasEn,
  title: 'Set up',
  areas: 'What can be set up',
  loading: 'Loading …',
  'part-failed': 'This part cannot be shown: {why}. The rest of the page is not affected.',
  gone: 'It is no longer in the site: somebody has removed it.',
  copy: 'Copy',
  // every form
  'form.optional': '(may stay empty)',
  'form.required': 'this field must not be empty',
  'form.no-number': 'this is not a number',
  'form.save': 'Save',
  'form.saving': 'Being saved…',
  'form.saved': 'Saved. It counts already.',
  'form.discard': 'Discard what I typed',
  'form.restored': 'What you typed earlier is here again; it is not saved yet.',
  'form.kept': 'What you typed is kept here: save it again.',
  'form.line': '{name}, line {number, number}',
  'form.remove-line': 'Remove {line}',
  'form.yes': 'yes',
  'form.no': 'no',
  // two people change the site at once
  'conflict.meanwhile-by': '{name} has changed the site while this form was open:',
  'conflict.meanwhile': 'The site was changed while this form was open:',
  'conflict.by-hand': 'The site’s file was edited by hand. That edit counts first:',
  'conflict.theirs': 'now: {value}',
  'conflict.mine': 'yours: {value}',
  'conflict.nothing': 'empty',
  'conflict.save-too': 'Save mine too',
  'conflict.keep-mine': 'Save mine instead',
  'conflict.drop-mine': 'Drop mine',
  'conflict.take-up': 'Let the edited file count',
  // fields of several forms
  'field.id': 'Id',
  'field.id-taken': 'the id “{id}” is taken already',
  'field.name': 'Name',
  'field.place': 'Place',
  'field.place-hint': 'Where it is, such as “cellar, left of the door”. Alarms show it.',
  'credential.user': 'User',
  'credential.password': 'Password',
  'credential.once': 'The password is shown this once: type it into the device now.',
  // rules and actions
  'rules.title': 'Rules',
  'rules.about': 'what raises an alarm',
  'actions.title': 'Actions',
  'actions.about': 'what the site does by itself when an alarm begins',
  // backup
  'backup.title': 'Backup',
  'backup.about': 'one encrypted file, from which another box becomes this gateway',
  'backup.what':
    'One encrypted file with configuration, passwords, keys and unsent events. From it another box becomes this gateway.',
  'backup.passphrase': 'Passphrase for the file',
  'backup.again': 'The same passphrase again',
  'backup.make': 'Make a backup',
  'backup.busy': 'Being made…',
  'backup.done': 'Saved, {size}. Without the passphrase nobody can open the file: keep it apart from it.',
  'backup.short': 'Take a passphrase of {least, number} characters or more, such as five words.',
  'backup.differ': 'The two passphrases differ.',
} as const;
