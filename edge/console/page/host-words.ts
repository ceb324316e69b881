/** The texts of the section about the machine that the gateway runs on. Pure. */
import type { HostFinding, HostPart, HostStatus } from '@forpost/shared/event/status.ts';
import { bytes, measure } from './format.ts';
import { formats, say, t } from './texts.ts';
import { sentence, type Tone } from './words.ts';

export interface HostLine {
  readonly part: HostPart;
  readonly label: string;
  /** the figures, or why they are not known; may be empty */
  readonly text: string;
  readonly isKnown: boolean;
  /** what is wrong; empty where all is well */
  readonly note: string;
  /** undefined: nothing is wrong */
  readonly mark: { readonly tone: Tone; readonly label: string } | undefined;
}

/** A line for each part, in the order in which an installer asks; the figures of a part that is well stand alone. */
export function hostLines(host: HostStatus): readonly HostLine[] {
  const line = (part: HostPart, label: string, text: string): HostLine => {
    const found = host.findings.filter((finding) => finding.part === part);
    const wrong = found.filter(({ level }) => level !== 'unknown');
    const bad = wrong.some(({ level }) => level === 'bad');
    const unknown = found.find(({ level }) => level === 'unknown');
    return {
      part,
      label,
      text: unknown === undefined || text !== '' ? text : notKnown(unknown),
      isKnown: unknown === undefined || text !== '',
      note: wrong.map((finding) => `${sentence(findingWords(finding))}.`).join(' '),
      mark: wrong.length === 0 ? undefined : bad ? badMark() : watchMark(),
    };
  };
  const isKnown = (part: HostPart) => host.findings.every((one) => one.part !== part || one.level !== 'unknown');
  const well = (part: HostPart, text: string) =>
    isKnown(part) && host.findings.every((one) => one.part !== part) ? text : '';
  return [
    line('temperature', t('gateway-page/host.temperature'), temperatureWords(host)),
    line('power', t('gateway-page/host.power'), well('power', t('gateway-page/host.enough-power'))),
    line('disk', t('gateway-page/host.disk'), diskWords(host)),
    line('storage', t('gateway-page/host.storage'), wearWords(host, well('storage', t('gateway-page/host.no-fault')))),
    line('memory', t('gateway-page/host.memory'), memoryWords(host)),
    line('load', t('gateway-page/host.load'), loadWords(host)),
    line('throttling', t('gateway-page/host.throttling'), well('throttling', t('gateway-page/host.not-throttled'))),
    line('network', t('gateway-page/host.network'), networkWords(host)),
  ];
}

function badMark(): HostLine['mark'] {
  return { tone: 'bad', label: t('gateway-page/host.bad') };
}

function watchMark(): HostLine['mark'] {
  return { tone: 'look', label: t('gateway-page/host.watch') };
}

function findingWords({ text, textI18n }: HostFinding): string {
  return say(textI18n, text);
}

function notKnown(finding: HostFinding): string {
  return t('gateway-page/host.not-known', { reason: findingWords(finding) });
}

function temperatureWords({ values: { temperature_c: celsius } }: HostStatus): string {
  return celsius === undefined ? '' : measure('temperature_c', celsius).text;
}

function loadWords({ values: { load5, cores } }: HostStatus): string {
  if (load5 === undefined || cores === undefined) return '';
  return t('gateway-page/host.load-of', { load: formats.significant(load5), cores });
}

function memoryWords({ values }: HostStatus): string {
  const { memory_available_bytes: available, memory_total_bytes: total } = values;
  if (available === undefined || total === undefined) return '';
  return t('gateway-page/host.memory-of', { available: bytes(available), total: bytes(total) });
}

/** Without the days where a finding about the disk names them. */
function diskWords({ values, findings }: HostStatus): string {
  const { disk_available_bytes: available, disk_total_bytes: total, disk_days_left: days } = values;
  if (available === undefined || total === undefined) return '';
  const room = t('gateway-page/host.disk-of', { available: bytes(available), total: bytes(total) });
  const isTold = findings.some(({ part }) => part === 'disk');
  return days === undefined || isTold ? room : t('gateway-page/host.disk-days', { room, days: Math.floor(days) });
}

/** `otherwise`: where no disk tells how much of its life it has used. */
function wearWords({ disks = [] }: HostStatus, otherwise: string): string {
  const worn = disks.flatMap(({ name: disk, usedLife }) =>
    usedLife === undefined ? [] : [t('gateway-page/host.used-life', { disk, share: formats.share(usedLife) })],
  );
  return worn.length === 0 ? otherwise : worn.join('; ');
}

function networkWords({ interfaces = [] }: HostStatus): string {
  return interfaces
    .map(({ name, up, address }) =>
      up
        ? [name, address].filter((part) => part !== undefined).join(' ')
        : t('gateway-page/host.not-connected', { name }),
    )
    .join('; ');
}

/** "Raspberry Pi 4 Model B", without its revision. */
export function modelWords({ model = '' }: HostStatus): string {
  return model.replace(/ Rev [\d.]+$/, '');
}
