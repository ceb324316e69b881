/**
 * What `forpost devices add|rotate|revoke|certificates|import` print. Without --json plain lines, with it one JSON document
 * in the form of the API.
 *
 * Always: a password is printed once, or written once into a file that only its owner can read (0600); that file is made
 * before anything changes, so that no password is lost to a full disk or a mistyped folder.
 */
import { readFileSync } from 'node:fs';
import { configError } from '@forpost/shared/config/yaml.ts';
import { csvField } from '@forpost/shared/csv.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { type DevicesDoor, withDevicesDoor } from '../config/devices-door.ts';
import { loadInstallation } from '../config/load-installation.ts';
import type { AddedLogIn, ImportedDevices } from '../devices/import-door.ts';
import { NewFile } from './new-file.ts';
import { print, runningUser } from './output.ts';

export interface AddOptions {
  readonly decoder: string;
  readonly name?: string;
  readonly topic?: string;
  readonly place?: string;
  readonly set?: readonly string[];
  readonly why?: string;
  readonly json?: boolean;
}

/** Adds one device. */
export async function add(config: string, id: string, options: AddOptions): Promise<void> {
  const { decoder, name, topic, place, set = [], why = '', json } = options;
  const more = set.map((one): [string, string] => {
    const at = one.indexOf('=');
    if (at > 0) return [one.slice(0, at), one.slice(at + 1)];
    throw new ForpostError('FORPOST_ARGUMENT_INVALID', `--set takes FIELD=VALUE, not "${one}"`);
  });
  const fields = Object.entries({ id, decoder, name, topic, place, ...Object.fromEntries(more) }).flatMap(
    ([field, value]): [string, string][] => (value === undefined ? [] : [[field, value]]),
  );
  const csv = [0, 1].map((part) => fields.map((field) => csvField(field[part] ?? '')).join(',')).join('\n');
  const imported = await withDoor(config, (door) => door.importDevices({ csv, check: false, why }));
  if ('problems' in imported) throw configError(imported.problems.map(({ message }) => message));
  const [added] = addedIn(imported);
  print(json, added ?? {}, () => [logInLine(added), 'It is shown only now.']);
}

export interface RotateOptions {
  /** in s */
  readonly grace: number | undefined;
  readonly stdin: boolean | undefined;
  readonly json: boolean | undefined;
}

export async function rotate(config: string, id: string, { grace = 0, stdin, json }: RotateOptions): Promise<void> {
  const password = stdin === true ? firstLineOfInput() : undefined;
  const rotated = await withDoor(config, (door) => door.rotate(id, { graceS: grace, password }));
  print(json, rotated, () => [
    ...(rotated.password === undefined ? [`${id} has a new password.`] : [logInLine(rotated), 'It is shown only now.']),
    rotated.graceUntil === null
      ? 'The old password has ended, and so have its connections.'
      : `The old password is valid until ${rotated.graceUntil}.`,
  ]);
}

export async function revoke(config: string, id: string, json: boolean | undefined): Promise<void> {
  const revoked = await withDoor(config, (door) => door.revoke(id));
  print(json, revoked, () => [`${id} is revoked: it cannot log in until "forpost devices rotate ${id}".`]);
}

export async function certificates(
  config: string,
  id: string,
  named: readonly string[],
  json: boolean | undefined,
): Promise<void> {
  const given = named.map((one) => (/^(sha256|name):/.test(one) ? one : textOf(one)));
  const view = await withDoor(config, (door) => door.setCertificates(id, given));
  print(json, view, () =>
    view.certificates.length === 0
      ? [`${id} logs in by no certificate now.`]
      : view.certificates.map((one) => `${id}\t${one}`),
  );
}

export interface ImportOptions {
  /** file for the log-ins */
  readonly secrets?: string;
  readonly check?: boolean;
  readonly why?: string;
  readonly json?: boolean;
}

export async function importList(config: string, file: string, options: ImportOptions): Promise<void> {
  const { secrets, check = false, why = '', json } = options;
  const csv = textOf(file);
  const output = secrets === undefined || check ? undefined : new NewFile(secrets);
  try {
    const imported = await withDoor(config, (door) => door.importDevices({ csv, check, why }));
    if ('problems' in imported)
      throw configError(imported.problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`));
    if ('wouldAdd' in imported) {
      const { wouldAdd } = imported;
      print(json, { wouldAdd }, () => [`The list is right: it would add ${wouldAdd} devices. Nothing has changed.`]);
      return;
    }
    const added = addedIn(imported);
    output?.write(`${labels(added).join('\n')}\n`);
    const shown = output === undefined ? { added } : { added: added.length, secrets };
    print(json, shown, () => [
      ...(output === undefined ? labels(added) : []),
      `${added.length} devices were added.${output === undefined ? ' The passwords are shown only now.' : ` Their log-ins are in ${secrets}.`}`,
    ]);
  } catch (error) {
    output?.drop();
    throw error;
  }
}

/** CSV for a label printer. */
function labels(added: readonly AddedLogIn[]): readonly string[] {
  const rows = added.map(({ id, name, password }) => [id, name, id, password].map(csvField).join(','));
  return ['id,name,user,password', ...rows];
}

function addedIn(imported: ImportedDevices): readonly AddedLogIn[] {
  return 'added' in imported ? imported.added : [];
}

function logInLine(logIn: { readonly id: string; readonly password?: string } | undefined): string {
  return `${logIn?.id}: ${logIn?.password}`;
}

function firstLineOfInput(): string {
  const [line = ''] = readFileSync(0, 'utf8').split(/\r?\n/);
  if (line !== '') return line;
  throw new ForpostError('FORPOST_ARGUMENT_INVALID', 'standard input has no password: write it as the first line');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw configError([`${file}: ${messageOf(error)}`], error);
  }
}

function withDoor<T>(config: string, run: (door: DevicesDoor) => Promise<T>): Promise<T> {
  return withDevicesDoor(loadInstallation(config), runningUser(), run);
}
