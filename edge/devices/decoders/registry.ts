/** The registry of decoders. A new decoder is one file in this folder and one line here. */
import type { Decoder } from '../decoder.ts';
import { native } from './native.ts';
import { shelly } from './shelly.ts';
import { tasmota } from './tasmota.ts';
import { zigbee2mqtt } from './zigbee2mqtt.ts';

/** Typed for any device: the check of site.yaml has applied each decoder's own schema before. */
export const decoders = [native, tasmota, shelly, zigbee2mqtt] as readonly Decoder[];

/** Names of the decoders that a device may have, and of those that a bridge may have. */
export const deviceDecoders: readonly string[] = decoders.filter(({ bridge }) => bridge !== 'only').map(nameOf);
export const bridgeDecoders: readonly string[] = decoders.filter(({ bridge }) => bridge !== undefined).map(nameOf);

function nameOf({ name }: Decoder): string {
  return name;
}

export function decoderNamed(name: string): Decoder | undefined {
  return decoders.find((decoder) => decoder.name === name);
}
