/**
 * `forpost cloud gateway …`: edits the gateways that may use the receiver, in cloud.yaml itself; comments and order stay.
 *
 * Always: the new text is checked before it is written, so no command leaves a file that the centre would refuse. A token
 * is made here and the caller shows it once; the file keeps only its sha256.
 */
import { createHash, randomBytes } from 'node:crypto';
import { changedYaml } from '@forpost/shared/config/changed-yaml.ts';
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { parseYaml } from '@forpost/shared/config/yaml.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { isId } from '@forpost/shared/event/ids.ts';
import { readWholeSync, replaceFileSync } from '@forpost/shared/files.ts';
import { type Document, isMap, parseDocument } from 'yaml';
import { type CloudConfig, cloudSchema } from './config.ts';

type Gateways = NonNullable<CloudConfig['gateways']>;

/** Gives the gateway a new token and returns it; the former one is no longer valid. @throws ForpostError FORPOST_CONFIG_INVALID */
export function giveToken(file: string, gateway: string): string {
  if (!isId(gateway))
    throw wrong(`"${gateway}" is no gateway's id: 1 to 64 of a-z, 0-9 and hyphen, as its gateway.yaml names it`);
  const token = randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(token).digest('hex');
  edit(file, (document) => document.setIn(['gateways', gateway, 'token_sha256'], hash));
  return token;
}

/** Locks a gateway out, or lets it in again. @throws ForpostError FORPOST_CONFIG_INVALID */
export function refuseGateway(file: string, gateway: string, refused: boolean): void {
  if (!refused) known(file, gateway);
  else if (!isId(gateway)) throw wrong(`"${gateway}" is no gateway's id`);
  edit(file, (document) => {
    if (refused) document.setIn(['gateways', gateway, 'refused'], true);
    else document.deleteIn(['gateways', gateway, 'refused']);
  });
}

/** Removes the gateway's token; a certificate of `client_ca` still lets it in. @throws ForpostError FORPOST_CONFIG_INVALID */
export function removeGateway(file: string, gateway: string): void {
  known(file, gateway);
  edit(file, (document) => void document.deleteIn(['gateways', gateway]));
}

/** @throws ForpostError FORPOST_CONFIG_INVALID */
export function listGateways(file: string): Gateways {
  return parseYaml(file, readWholeSync(file), cloudSchema).value.gateways ?? {};
}

function known(file: string, gateway: string): void {
  const names = Object.keys(listGateways(file));
  if (!names.includes(gateway)) throw wrong(`${file} names no gateway "${gateway}"${suggestion(gateway, names)}`);
}

function edit(file: string, change: (document: Document) => void): void {
  const before = readWholeSync(file);
  parseYaml(file, before, cloudSchema);
  const document = parseDocument(before);
  if (!isMap(document.get('gateways'))) document.set('gateways', document.createNode({}));
  const gateways = document.get('gateways');
  // an empty map was written as {} and would keep that form
  if (isMap(gateways)) gateways.flow = false;
  change(document);
  const text = changedYaml(document, before);
  parseYaml(file, text, cloudSchema);
  replaceFileSync(file, text);
}

function wrong(message: string): ForpostError {
  return new ForpostError('FORPOST_CONFIG_INVALID', message);
}
