/**
 * Names a found device of a bridge in the document. A device of another bridge that gets this place moves here with its id,
 * name and place, so its history and its rules go on; one of this bridge gets its new name at the bridge.
 *
 * Always: pure; only the entries of this device change.
 */
import { isMap, isSeq, parseDocument } from 'yaml';
import { type Edit, withEdits } from './document-edit.ts';

export interface NamedDevice {
  readonly id: string;
  /** its name or address at the bridge */
  readonly source: string;
  readonly name?: string | undefined;
  readonly place?: string | undefined;
}

/** @throws ForpostError FORPOST_CONFIG_INVALID where the text is no YAML */
export function withNamedDevice(text: string, bridge: string, { id, source, name, place }: NamedDevice): string {
  const before = bridgeOf(text, id);
  const fields = { source, ...(name === undefined ? {} : { name }), ...(place === undefined ? {} : { place }) };
  const path = ['bridges', bridge, 'devices', id];
  if (before === undefined) return withEdits(text, [{ set: path, value: { id, ...fields } }]);
  if (before.bridge === bridge)
    return withEdits(
      text,
      Object.entries(fields).map(([key, value]): Edit => ({ set: [...path, key], value })),
    );
  return withEdits(text, [
    { remove: ['bridges', before.bridge, 'devices', id] },
    { set: path, value: { ...before.entry, ...fields } },
  ]);
}

/** The bridge that has the device `id`, and the device's entry. */
function bridgeOf(
  text: string,
  id: string,
): { readonly bridge: string; readonly entry: Readonly<Record<string, unknown>> } | undefined {
  const document = parseDocument(text);
  const bridges: unknown = isMap(document.contents) ? document.contents.get('bridges') : undefined;
  for (const bridge of isSeq(bridges) ? bridges.items : []) {
    const devices: unknown = isMap(bridge) ? bridge.get('devices') : undefined;
    const entry = isSeq(devices) ? devices.items.find((one) => isMap(one) && one.get('id') === id) : undefined;
    if (isMap(bridge) && isMap(entry))
      return { bridge: String(bridge.get('id')), entry: entry.toJS(document) as Readonly<Record<string, unknown>> };
  }
  return undefined;
}
