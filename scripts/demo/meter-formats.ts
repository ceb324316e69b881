/**
 * The formats of the demo's meters: Forpost's own topics, Tasmota's and Shelly's, as the real devices write them
 * (tasmota.github.io/docs/MQTT; shelly-api-docs.shelly.cloud, gen2/ComponentsAndServices/EM and Switch).
 *
 * Always: pure; a Tasmota publishes with QoS 0 and local time without a zone, as its firmware does; all others QoS 1.
 */
import { noise, type Register } from './load.ts';

export interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

/** The values of one meter at the moment of a message. */
export interface Measured {
  /** since the demo began */
  readonly seconds: number;
  readonly watts: number;
  readonly register: Register;
}

export interface MeterFormat {
  /** messages after connecting */
  readonly greeting: readonly Message[];
  /** published by the broker when the connection is lost */
  readonly will?: Message;
  /** `time`: the meter's own clock */
  reading(measured: Measured, time: Date): readonly Message[];
}

/** Forpost's own format. `topic`: the topic of the device. */
export function native(topic: string, values: (measured: Measured) => Readonly<Record<string, number>>): MeterFormat {
  return {
    greeting: [],
    reading: (measured, time) => [
      message(`forpost/devices/${topic}/readings`, { time: time.toISOString(), values: values(measured) }),
    ],
  };
}

/** A plug with an ESP8266 and Tasmota. */
export function tasmotaPlug(topic: string): MeterFormat {
  const say = (what: string, payload: string, retain = false): Message => ({
    topic: `tele/${topic}/${what}`,
    payload,
    qos: 0,
    retain,
  });
  return {
    greeting: [say('LWT', 'Online', true)],
    will: say('LWT', 'Offline', true),
    reading({ seconds, watts, register }, time) {
      const { volts, factor, amperes } = mains(seconds, watts);
      const kWh = register.drawn / 1000;
      const energy = {
        TotalStartTime: '2025-03-01T08:12:40',
        Total: round(kWh, 3),
        Yesterday: round(0.4 + (kWh % 1), 3),
        Today: round(kWh % 1, 3),
        Period: Math.round(watts / 60),
        Power: Math.round(watts),
        ApparentPower: Math.round(watts / factor),
        ReactivePower: Math.round((watts / factor) * Math.sqrt(1 - factor ** 2)),
        Factor: round(factor, 2),
        Voltage: Math.round(volts),
        Current: round(amperes, 3),
      };
      return [say('SENSOR', JSON.stringify({ Time: localTime(time), ENERGY: energy }))];
    },
  };
}

/** Shelly Plug or 1PM: one switch with a meter. */
export function shellySwitch(topic: string): MeterFormat {
  return {
    ...shellyPresence(topic),
    reading({ seconds, watts, register }, time) {
      const { volts, factor, amperes } = mains(seconds, watts);
      const minute = Math.floor(time.getTime() / 60_000) * 60;
      const perMinute = round((watts * 1000) / 60, 3);
      return [
        message(`${topic}/status/switch:0`, {
          id: 0,
          source: 'init',
          output: true,
          apower: round(watts, 1),
          voltage: round(volts, 1),
          freq: round(50 + 0.02 * noise(20, seconds / 9), 2),
          current: round(amperes, 3),
          pf: round(factor, 2),
          aenergy: { total: round(register.drawn, 3), by_minute: [perMinute, perMinute, perMinute], minute_ts: minute },
          ret_aenergy: { total: 0, by_minute: [0, 0, 0], minute_ts: minute },
          temperature: { tC: round(32 + watts / 200, 1), tF: round(89.6 + watts / 111, 1) },
        }),
      ];
    },
  };
}

/** Shelly Pro 3EM: three phases, power in one status, energy in another. `shares`: each phase's part, together 1. */
export function shellyThreePhase(topic: string, shares: readonly [number, number, number]): MeterFormat {
  return {
    ...shellyPresence(topic),
    reading({ seconds, watts, register }) {
      const power: Record<string, unknown> = { id: 0 };
      const energy: Record<string, unknown> = { id: 0 };
      const totals = { current: 0, apparent: 0 };
      for (const [index, share] of shares.entries()) {
        const phase = 'abc'[index] ?? 'c';
        const { volts, factor, amperes } = mains(seconds + index * 7, watts * share);
        totals.current += amperes;
        totals.apparent += Math.abs(watts * share) / factor;
        power[`${phase}_current`] = round(amperes, 3);
        power[`${phase}_voltage`] = round(volts, 1);
        power[`${phase}_act_power`] = round(watts * share, 1);
        power[`${phase}_aprt_power`] = round(Math.abs(watts * share) / factor, 1);
        power[`${phase}_pf`] = round(watts < 0 ? -factor : factor, 2);
        power[`${phase}_freq`] = 50;
        energy[`${phase}_total_act_energy`] = round(register.drawn * share, 2);
        energy[`${phase}_total_act_ret_energy`] = round(register.fedIn * share, 2);
      }
      return [
        message(`${topic}/status/em:0`, {
          ...power,
          n_current: null,
          total_current: round(totals.current, 3),
          total_act_power: round(watts, 1),
          total_aprt_power: round(totals.apparent, 1),
          user_calibrated_phase: [],
        }),
        message(`${topic}/status/emdata:0`, {
          ...energy,
          total_act: round(register.drawn, 2),
          total_act_ret: round(register.fedIn, 2),
        }),
      ];
    },
  };
}

function shellyPresence(topic: string): Pick<MeterFormat, 'greeting' | 'will'> {
  const online = (payload: string): Message => ({ topic: `${topic}/online`, payload, qos: 1, retain: true });
  return { greeting: [online('true')], will: online('false') };
}

/** Voltage drops a little under load; small loads have a low power factor. */
export function mains(
  seconds: number,
  watts: number,
): { readonly volts: number; readonly factor: number; readonly amperes: number } {
  const load = Math.abs(watts);
  const volts = 231 + 1.5 * noise(21, seconds / 13) - load / 4_000;
  const factor = load < 5 ? 0.35 : load < 200 ? 0.85 : 0.98;
  return { volts, factor, amperes: load / volts / factor };
}

function message(topic: string, body: object): Message {
  return { topic, payload: JSON.stringify(body), qos: 1, retain: false };
}

/** 2026-11-21T09:30:00, Tasmota's format */
function localTime(time: Date): string {
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19);
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
