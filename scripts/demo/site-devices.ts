/**
 * The load that each device of the site measures, how often it publishes, and in which format. The demo simulates the
 * devices of this list that the site has; any other device of the site is a real one.
 */
import type { DeviceConfig } from '../../edge/site/site.ts';
import { type MeterName, meterNames, outdoorRadioWorks, outdoorTemperature } from './load.ts';
import {
  type Measured,
  type MeterFormat,
  mains,
  native,
  round,
  shellySwitch,
  shellyThreePhase,
  tasmotaPlug,
} from './meter-formats.ts';

export interface SimulatedDevice {
  readonly id: string;
  readonly intervalMs: number;
  readonly format: MeterFormat;
  /** the load whose power and registers it reports; undefined for sensors */
  readonly meter: MeterName | undefined;
  /** Wh drawn and fed in at the demo's first start: real meters do not begin at 0 */
  readonly begins: { readonly drawn: number; readonly fedIn: number };
  /** whether its radio works at this second */
  readonly radioWorks: (seconds: number) => boolean;
}

const always = () => true;
const intervalsMs: Readonly<Record<string, number>> = {
  'main-meter': 1_000,
  'workshop-meter': 2_000,
  'heat-pump': 2_000,
  'table-saw': 1_000,
  'ev-charger': 2_000,
  solar: 3_000,
  compressor: 3_000,
  oven: 4_000,
};
const otherwiseMs = 5_000;

/** `water`: m³ on the water meter now */
export function simulated(device: DeviceConfig, water: () => number): SimulatedDevice | undefined {
  const speaker = formatOf(device, water);
  if (speaker === undefined) return undefined;
  const { id } = device;
  const meter = meterNames.find((name) => name === id);
  return {
    id,
    format: speaker,
    meter,
    intervalMs: intervalsMs[id] ?? otherwiseMs,
    begins: {
      drawn: meter === 'solar' ? 1_200 : 1_000 * (id.length * 613),
      fedIn: meter === 'solar' ? 18_400_000 : meter === 'main-meter' ? 9_700_000 : 0,
    },
    radioWorks: id === 'outdoor' ? outdoorRadioWorks : always,
  };
}

function formatOf(device: DeviceConfig, water: () => number): MeterFormat | undefined {
  const topic = device.topic ?? device.id;
  const isMeter = meterNames.some((name) => name === device.id);
  switch (device.decoder) {
    case 'tasmota':
      return isMeter ? tasmotaPlug(topic) : undefined;
    case 'shelly':
      if (device.id === 'main-meter') return shellyThreePhase(topic, [0.42, 0.27, 0.31]);
      if (device.id === 'workshop-meter') return shellyThreePhase(topic, [0.2, 0.5, 0.3]);
      return isMeter ? shellySwitch(topic) : undefined;
    case 'native':
      if (device.id === 'outdoor') return native(topic, outdoor);
      if (device.id === 'water-meter') return native(topic, () => ({ water_m3: round(water(), 4) }));
      return isMeter ? native(topic, power) : undefined;
    default:
      return undefined;
  }
}

function power({ seconds, watts, register }: Measured): Record<string, number> {
  const { volts, amperes } = mains(seconds, watts);
  return {
    power_w: round(watts, 1),
    voltage_v: round(volts, 1),
    current_a: round(amperes, 2),
    energy_wh: round(register.drawn, 1),
    energy_wh_export: round(register.fedIn, 1),
  };
}

function outdoor({ seconds }: Measured): Record<string, number> {
  const temperature = outdoorTemperature(seconds);
  return { temperature_c: round(temperature, 1), humidity_pct: round(92 - 2 * temperature, 0) };
}
