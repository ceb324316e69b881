/** The decoders there are. A new one is one file beside this and one line here. */
import type { Decoder } from '../decoder.ts';
import { native } from './native.ts';
import { shelly } from './shelly.ts';
import { tasmota } from './tasmota.ts';

/** Decoders of devices whose configurations have been checked against their own schemas. */
export const decoders = [native, tasmota, shelly] as readonly Decoder[];

export function decoderNamed(name: string): Decoder | undefined {
  return decoders.find((decoder) => decoder.name === name);
}
