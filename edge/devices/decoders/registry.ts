/** The decoders there are. A new one is one file beside this and one line here. */
import type { Decoder } from '../decoder.ts';
import { native } from './native.ts';
import { shelly } from './shelly.ts';
import { tasmota } from './tasmota.ts';

export const decoders: readonly Decoder[] = [native, tasmota, shelly];

export function decoderNamed(name: string): Decoder | undefined {
  return decoders.find((decoder) => decoder.name === name);
}
