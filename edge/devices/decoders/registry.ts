/** The registry of decoders. A new decoder is one file in this folder and one line here. */
import type { Decoder } from '../decoder.ts';
import { native } from './native.ts';
import { shelly } from './shelly.ts';
import { tasmota } from './tasmota.ts';

/** Typed for any device: the check of site.yaml has applied each decoder's own schema before. */
export const decoders = [native, tasmota, shelly] as readonly Decoder[];

export function decoderNamed(name: string): Decoder | undefined {
  return decoders.find((decoder) => decoder.name === name);
}
