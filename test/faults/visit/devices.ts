/**
 * The devices that an installer brings: a Shelly, a Tasmota plug and Zigbee2MQTT with three sensors, as MQTT clients with the
 * messages that the real ones publish. Each comes back by itself after it was refused, as the real ones do.
 */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';

export interface NewDevice {
  /** what the decoder calls it, part of what the page shows of it */
  readonly model: string;
  /** Publishes its state again. */
  publish(): void;
  stop(): void;
}

export interface Plug extends NewDevice {
  /** the power that its next state has, W */
  power: number;
}

const everyMs = 1_000;
const sensors = [
  { ieee_address: '0x00158d0001a2b301', friendly_name: 'Kitchen', type: 'EndDevice' },
  { ieee_address: '0x00158d0001a2b302', friendly_name: 'Hall', type: 'EndDevice' },
  { ieee_address: '0x00158d0001a2b303', friendly_name: 'Cellar', type: 'EndDevice' },
] as const;
export const sensorNames: readonly string[] = sensors.map(({ friendly_name: name }) => name);

/** A Shelly Plus 1PM: `<prefix>/online`, `NotifyFullStatus` at its connection, then its switch's status. */
export function shelly(port: number): NewDevice {
  const id = 'shellyplus1pm-a8032ab636ec';
  const state = { id: 0, output: true, apower: 8.2, voltage: 231.3, current: 0.05, aenergy: { total: 1729.9 } };
  return comingBack({ port, clientId: id, username: 'shelly', password: 'of the workshop' }, 'Shelly', (client) => {
    publish(client, `${id}/online`, 'true', true);
    const params = { ts: Date.now() / 1000, 'switch:0': state };
    publish(client, `${id}/events/rpc`, { src: id, dst: `${id}/events`, method: 'NotifyFullStatus', params });
    publish(client, `${id}/status/switch:0`, state);
  });
}

/** A Nous A1T with Tasmota 14: LWT and INFO1 at its connection, then SENSOR. */
export function tasmotaPlug(port: number): Plug {
  const plug = { power: 3 };
  const info = { Info1: { Module: 'Nous A1T', Version: '14.2.0', FallbackTopic: 'cmnd/DVES_1A2B3C_fb/' } };
  const options = { port, clientId: 'DVES_1A2B3C', username: 'plug', password: 'of the workshop too' };
  const device = comingBack(options, 'Nous A1T', (client) => {
    publish(client, 'tele/plug/LWT', 'Online', true);
    publish(client, 'tele/plug/INFO1', info);
    const energy = { Total: 514.153, Power: plug.power, Factor: 0.98, Voltage: 234, Current: plug.power / 234 };
    publish(client, 'tele/plug/SENSOR', { Time: new Date().toISOString().slice(0, 19), ENERGY: energy });
  });
  return {
    ...device,
    get power() {
      return plug.power;
    },
    set power(power: number) {
      plug.power = power;
    },
  };
}

/** Zigbee2MQTT 2 with three climate sensors. */
export function zigbee2Mqtt(port: number): NewDevice {
  const will = {
    topic: 'zigbee2mqtt/bridge/state',
    payload: Buffer.from('{"state":"offline"}'),
    retain: true,
  } as const;
  const options = {
    port,
    clientId: 'mqttjs_7c6e7a51',
    username: 'zigbee2mqtt',
    password: 'of the coordinator',
    will: { ...will, qos: 1 as const },
  };
  return comingBack(options, 'Zigbee2MQTT', (client) => {
    publish(client, 'zigbee2mqtt/bridge/state', { state: 'online' }, true);
    publish(client, 'zigbee2mqtt/bridge/info', { version: '2.1.1', commit: 'f2c9a40', permit_join: false }, true);
    publish(client, 'zigbee2mqtt/bridge/devices', sensors, true);
    for (const [n, { friendly_name: name }] of sensors.entries())
      publish(client, `zigbee2mqtt/${name}`, { temperature: 20 + n, humidity: 45.5, battery: 97, linkquality: 120 });
  });
}

function comingBack(
  { port, ...options }: IClientOptions & { readonly port: number },
  model: string,
  state: (client: MqttClient) => void,
): NewDevice {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    ...options,
    reconnectPeriod: 300,
    reconnectOnConnackError: true,
    queueQoSZero: false,
  });
  // a refused connection is tried again
  client.on('error', () => undefined);
  client.on('connect', () => state(client));
  const say = () => {
    if (client.connected) state(client);
  };
  const timer = setInterval(say, everyMs);
  return {
    model,
    publish: say,
    stop() {
      clearInterval(timer);
      client.end(true);
    },
  };
}

function publish(client: MqttClient, topic: string, payload: object | string, retain = false): void {
  client.publish(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), { retain });
}
