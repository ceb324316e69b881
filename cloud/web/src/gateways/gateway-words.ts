/** The texts of a gateway's card about its problems, backlog, links, cameras and devices. Pure. */
import type { GatewayView } from '../../../gateways/schemas.ts';
import { table } from '../parts/table.ts';
import { type PageTexts, wordOf } from '../texts/page-texts.ts';

/** The gateway's problems in sentences, each once. */
export function problemWords(
  { say }: PageTexts,
  { problems, problems_i18n: messages }: GatewayView,
): readonly string[] {
  return [...new Set(problems.map((words, index) => say(messages?.[index] ?? undefined, words)))];
}

/** "12,000 events, 3.4 MB" */
export function backlogWords({ t, bytes }: PageTexts, { events, bytes: size }: GatewayView['backlog']): string {
  return events === 0
    ? t('centre-page/gateways.empty')
    : t('centre-page/gateways.backlog-size', { count: events, size: bytes(size) });
}

/** A state that this version does not know is shown as the gateway sent it. */
const uplinkWords = table({
  live: 'centre-page/uplink-state.live',
  draining: 'centre-page/uplink-state.draining',
  probing: 'centre-page/uplink-state.probing',
  offline: 'centre-page/uplink-state.offline',
  off: 'centre-page/uplink-state.off',
});
const cameraWords = table({
  live: 'centre-page/camera-state.live',
  connecting: 'centre-page/camera-state.connecting',
  stalled: 'centre-page/camera-state.stalled',
  refused: 'centre-page/camera-state.refused',
  unreachable: 'centre-page/camera-state.unreachable',
  off: 'centre-page/camera-state.off',
});

const shownNames = 3;

/** The devices that are not connected, the first ones by name; '' where all are connected. */
export function silentDevices({ t }: PageTexts, gateway: GatewayView): string {
  const silent = gateway.devices
    .filter((device) => !device.connected)
    .map(({ name, place }) => (place === undefined ? name : `${name} (${place})`));
  if (silent.length === 0) return '';
  const names = silent.slice(0, shownNames).join(', ');
  const more = silent.length - shownNames;
  const list = more > 0 ? t('centre-page/gateways.and-more', { list: names, count: more }) : names;
  return t('centre-page/gateways.silent-devices', { list });
}

export interface MachineWords {
  readonly tone: 'good' | 'warning' | 'critical';
  /** "well", "worth a look", "an alarm is active" */
  readonly state: string;
  /** figures, and what is not well */
  readonly more: string;
}

/** The machine that the gateway runs on; undefined where the gateway reports nothing of it. */
export function machineWords(texts: PageTexts, { host }: GatewayView): MachineWords | undefined {
  if (host === undefined) return undefined;
  const { t, say, bytes, metricValue } = texts;
  const { temperature_c: celsius, disk_available_bytes: room, memory_available_bytes: memory } = host.values;
  const wrong = host.findings.filter(({ level }) => level === 'bad' || level === 'watch');
  const bad = wrong.some(({ level }) => level === 'bad');
  const figures = [
    celsius === undefined ? '' : metricValue('temperature_c', celsius),
    room === undefined ? '' : t('centre-page/gateways.disk-free', { size: bytes(room) }),
    memory === undefined ? '' : t('centre-page/gateways.memory-available', { size: bytes(memory) }),
  ];
  return {
    tone: bad ? 'critical' : wrong.length > 0 ? 'warning' : 'good',
    state: bad
      ? t('centre-page/gateways.machine-bad')
      : wrong.length > 0
        ? t('centre-page/gateways.machine-look')
        : t('centre-page/gateways.machine-well'),
    more: [...figures, ...wrong.map(({ text, textI18n }) => say(textI18n, text))]
      .filter((part) => part !== '')
      .join(' · '),
  };
}

export function uplinkWord(texts: PageTexts, state: string): string {
  return wordOf(texts, uplinkWords, state);
}

export function cameraWord(texts: PageTexts, state: string): string {
  return wordOf(texts, cameraWords, state);
}
