/**
 * The power of the demo's house and workshop, as pure functions of time. A day takes 24 minutes, so that a visitor sees
 * the morning's heat pump, the sun on the roof, the oven and the car's evening charge.
 *
 * Always: the same second gives the same watts; the main meter is the sum of all meters behind it, and exceeds
 * `connectionLimitW` only within an overload, about once a minute for ten seconds. Registers add up power over real time,
 * as in the events' times, not over the demo's faster day.
 */

/** Demo seconds of one hour of the day. */
export const hourSeconds = 60;
/** The demo starts in the morning, shortly before the sun is up. */
const firstHour = 7;
export const connectionLimitW = 24_000;
export const overloadSeconds = 10;
const latitudeDegrees = 52;
/** a day in late spring */
const declinationDegrees = 18;
const solarPeakW = 8_000;

export const meterNames = [
  'main-meter',
  'workshop-meter',
  'heat-pump',
  'table-saw',
  'fridge',
  'oven',
  'washing-machine',
  'compressor',
  'ev-charger',
  'solar',
] as const;
export type MeterName = (typeof meterNames)[number];
/** W; drawn is positive, fed in negative */
export type Powers = Readonly<Record<MeterName, number>>;

/** 0..24 */
export function hourAt(seconds: number): number {
  return (firstHour + seconds / hourSeconds) % 24;
}

/** Power of every meter at `seconds` since the demo's start. */
export function powersAt(seconds: number): Powers {
  const overload = isOverload(seconds);
  const own = {
    'heat-pump': heatPump(seconds),
    'table-saw': tableSaw(seconds),
    fridge: fridge(seconds),
    oven: oven(seconds),
    'washing-machine': washingMachine(seconds),
    compressor: compressor(seconds),
    'ev-charger': evCharger(seconds, overload),
    solar: -solar(seconds),
  };
  const workshop = own['table-saw'] + own.compressor + workshopLights(seconds);
  // loads without a meter of their own: lights, computers, and in an overload the water heater of a shower
  const unmetered = baseLoad(seconds) + (overload ? 18_000 : 0);
  const { 'table-saw': _saw, compressor: _compressor, ...house } = own;
  const main = unmetered + workshop + Object.values(house).reduce((sum, power) => sum + power, 0);
  return { ...own, 'workshop-meter': workshop, 'main-meter': main };
}

/** The car charges at full power while somebody showers: once a minute, at a varying second. */
export function isOverload(seconds: number): boolean {
  const minute = Math.floor(seconds / 60);
  const begin = minute * 60 + (minute === 0 ? 12 : 8 + 30 * unit(1, minute));
  return seconds >= begin && seconds < begin + overloadSeconds;
}

/** °C on the north wall */
export function outdoorTemperature(seconds: number): number {
  return 9 + 6 * Math.sin(((hourAt(seconds) - 9) / 24) * 2 * Math.PI) + 0.4 * noise(2, seconds / 20);
}

/** m³ an hour */
export function waterFlow(seconds: number): number {
  if (isOverload(seconds)) return 0.6;
  const hour = hourAt(seconds);
  const awake = hour > 6 && hour < 23;
  return awake && unit(3, Math.floor(seconds / 7)) > 0.8 ? 0.25 : 0;
}

/** Whether the outdoor sensor's radio works: about once in five minutes it is silent for 45 seconds. */
export function outdoorRadioWorks(seconds: number): boolean {
  return seconds % 300 < 150 || seconds % 300 > 195;
}

function baseLoad(seconds: number): number {
  const hour = hourAt(seconds);
  const evening = 170 * bump(hour, 20.5, 2.5);
  const morning = 90 * bump(hour, 7, 1.2);
  return 190 + evening + morning + 25 * noise(4, seconds / 6);
}

/** A compressor that runs 40 % of the time. */
function fridge(seconds: number): number {
  const phase = seconds % 50;
  if (phase > 20) return 1.4 + 0.1 * noise(5, seconds);
  return (phase < 1.5 ? 160 : 82) + 3 * noise(5, seconds);
}

/** Heats more in the cold, and once more for the morning's hot water. */
function heatPump(seconds: number): number {
  const warmWater = 900 * bump(hourAt(seconds), 6.5, 0.8);
  const demand = Math.max(0, 17 - outdoorTemperature(seconds)) * 130 + warmWater;
  const running = seconds % 95 < 72;
  return running ? clamp(demand, 450, 2_800) + 30 * noise(6, seconds / 3) : 12;
}

/** 7.4 kW overnight and in the evening; full power in an overload. */
function evCharger(seconds: number, overload: boolean): number {
  const hour = hourAt(seconds);
  if (overload) return 22_000 + 60 * noise(7, seconds);
  return hour >= 18.5 || hour < 3 ? 7_360 + 25 * noise(7, seconds) : 4;
}

/** Noon and evening, switched by its thermostat. */
function oven(seconds: number): number {
  const hour = hourAt(seconds);
  const cooking = (hour > 11.4 && hour < 12.3) || (hour > 18 && hour < 19);
  if (!cooking) return 0.9;
  return seconds % 20 < 12 ? 2_150 + 15 * noise(8, seconds) : 28;
}

/** A wash in the morning: heating, then turning back and forth, then spinning. */
function washingMachine(seconds: number): number {
  const part = (hourAt(seconds) - 9) / 1.6;
  if (part < 0 || part > 1) return 0.6;
  if (part < 0.3) return 1_950 + 20 * noise(9, seconds);
  if (part < 0.8) return seconds % 8 < 5 ? 170 + 40 * noise(9, seconds) : 8;
  return 420 + 80 * noise(9, seconds / 2);
}

function workshopIsOpen(seconds: number): boolean {
  const hour = hourAt(seconds);
  return (hour > 7.3 && hour < 12) || (hour > 13 && hour < 17);
}

/** Cuts of a few seconds, with a peak at the beginning. */
function tableSaw(seconds: number): number {
  if (!workshopIsOpen(seconds)) return 0.3;
  const phase = (seconds + 10 * unit(10, Math.floor(seconds / 26))) % 26;
  if (phase > 7) return 0.3;
  return (phase < 1 ? 1_900 : 1_250) + 180 * noise(10, seconds * 2);
}

function compressor(seconds: number): number {
  if (!workshopIsOpen(seconds)) return 0.2;
  return seconds % 41 < 9 ? 2_050 + 40 * noise(11, seconds) : 0.2;
}

function workshopLights(seconds: number): number {
  return workshopIsOpen(seconds) ? 260 : 12;
}

/** W from the roof: the sine of the sun's height (Duffie and Beckman, Solar Engineering, 1.6.5), less the clouds' share. */
function solar(seconds: number): number {
  const radians = Math.PI / 180;
  const [latitude, declination] = [latitudeDegrees * radians, declinationDegrees * radians];
  const hourAngle = (hourAt(seconds) - 12.5) * 15 * radians;
  const height =
    Math.sin(latitude) * Math.sin(declination) + Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle);
  if (height <= 0) return 0;
  const clouds = 0.72 + 0.28 * noise(12, seconds / 25);
  return Math.min(solarPeakW, solarPeakW * height ** 1.2 * clouds);
}

/** Wh drawn and Wh fed in, since the meter was built. */
export interface Register {
  readonly drawn: number;
  readonly fedIn: number;
}

/** A register after `seconds` of real time at `watts`. */
export function advance({ drawn, fedIn }: Register, watts: number, seconds: number): Register {
  const energy = (watts * seconds) / 3_600;
  return energy >= 0 ? { drawn: drawn + energy, fedIn } : { drawn, fedIn: fedIn - energy };
}

/** 1 at `centre`, falling off within about `width` hours; the day is round. */
function bump(hour: number, centre: number, width: number): number {
  const away = Math.min(Math.abs(hour - centre), 24 - Math.abs(hour - centre));
  return Math.exp(-((away / width) ** 2));
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** Smooth noise, equal at each call, -1..1: values at whole numbers, joined by a cosine. */
export function noise(seed: number, at: number): number {
  const below = Math.floor(at);
  const part = (1 - Math.cos((at - below) * Math.PI)) / 2;
  return (unit(seed, below) * (1 - part) + unit(seed, below + 1) * part) * 2 - 1;
}

/** 0..1 from two whole numbers, well mixed (the finaliser of MurmurHash3). */
function unit(seed: number, n: number): number {
  let h = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(seed + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}
