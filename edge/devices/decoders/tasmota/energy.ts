/**
 * Reads `ENERGY` of Tasmota's energy drivers (tasmota.github.io/docs/Energy): single numbers, or lists of phases (up to
 * three) or of channels (up to eight: a Shelly Pro 4PM, an SPM).
 *
 * Always: up to three parts are phases: _l1 to _l3 of one reading. Each of more parts is a channel of its own
 * (`energy-1`), and their sums are values of the device without a channel. A sum with a missing part is left out.
 */

import type { Value } from '@forpost/shared/event/event.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { MessageNotes } from '../../message-notes.ts';
import type { Json, JsonObject } from '../../payload.ts';
import { scaled } from '../scaled.ts';
import { valuesBySiteKeys } from '../site-keys.ts';
import { energyKeys, keptOutOfEnergy } from './keys.ts';

const figures = Object.entries(energyKeys);
const mostPhases = 3;
const mostParts = 32;

export interface EnergyValues {
  readonly whole: Record<string, Value>;
  /** values of channel 1, 2, …; empty for up to three parts */
  readonly channels: readonly Record<string, Value>[];
}

export function energyOf(energy: JsonObject, notes: MessageNotes): EnergyValues {
  const whole: Record<string, Value> = {};
  const parts: Record<string, Value>[] = [];
  const areChannels = figures.some(([key]) => {
    const value = energy[key];
    return Array.isArray(value) && value.length > mostPhases;
  });
  for (const [key, [metric, factor, total]] of figures) {
    const value = energy[key];
    // where a device sends both, Total is the register of record, and ImportActive has it for each phase
    if (value === undefined || (metric in whole && key !== 'Total')) continue;
    const path = `ENERGY.${key}`;
    const single = Array.isArray(value) && value.length === 1 && !Array.isArray(value[0]) ? (value[0] as Json) : value;
    if (!Array.isArray(single) || single.length === 0) {
      const number = notes.number(path, single);
      if (number !== undefined) whole[metric] = scaled(number, factor);
      continue;
    }
    const numbers = numbersOf(path, single as readonly Json[], notes);
    for (const [index, number] of numbers.entries()) {
      if (number === undefined) continue;
      if (!areChannels) whole[`${metric}_l${index + 1}`] = scaled(number, factor);
      else {
        parts[index] ??= {};
        parts[index][metric] = scaled(number, factor);
      }
    }
    if (total !== 'sum' || numbers.length === 0) continue;
    if (numbers.includes(undefined) || single.length > numbers.length)
      notes.problem(path, message('gateway/note.no-sum', { metric }));
    else
      whole[metric] = scaled(
        numbers.reduce((sum: number, one) => sum + (one ?? 0), 0),
        factor,
      );
  }
  tariffs(energy, whole, notes);
  for (const key of Object.keys(energy))
    if (!Object.hasOwn(energyKeys, key) && !keptOutOfEnergy.has(key))
      Object.assign(whole, valuesBySiteKeys(`ENERGY.${key}`, energy[key] ?? null, notes));
  return { whole, channels: Array.from(parts, (part) => part ?? {}) };
}

function numbersOf(path: string, list: readonly Json[], notes: MessageNotes): readonly (number | undefined)[] {
  if (list.length > mostParts) notes.problem(path, message('gateway/note.many-parts', { count: mostParts }));
  return list.slice(0, mostParts).map((one, index) => notes.number(`${path}[${index}]`, one));
}

function tariffs(energy: JsonObject, whole: Record<string, Value>, notes: MessageNotes): void {
  for (const [key, metric] of [
    ['TotalTariff', 'energy_wh'],
    ['ExportTariff', 'energy_wh_export'],
  ] as const) {
    const value = energy[key];
    if (!Array.isArray(value)) continue;
    for (const [index, number] of numbersOf(`ENERGY.${key}`, value.slice(0, 4) as readonly Json[], notes).entries())
      if (number !== undefined) whole[`${metric}_t${index + 1}`] = scaled(number, 1000);
  }
}
