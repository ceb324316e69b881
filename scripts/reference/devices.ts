/** The page of devices and their messages, from the messages of the tests (edge/devices/field-cases). */
import { decoders } from '../../edge/devices/decoders/registry.ts';
import { type FieldCase, fieldCases } from '../../edge/devices/field-cases.ts';

const longestMessage = 140;

export function devicesPage(): string {
  return `# Devices and their messages
The tests decode every message below (\`edge/devices/field-cases\`), and \`npm run -s reference\` makes this page from them. The messages follow the makers’ documents and public reports; ids and numbers are invented. No physical device was connected for it.

## What holds for all of them
- **One unreadable field does not spoil the others.** The gateway reads the other fields, and reports the unreadable one with its path on the device’s row of the page (\`unread.fields\` in \`GET /api/v1/status\`). An entry of a list that cannot be read at all is a dead letter; the entries beside it are read.
- **Numbers in texts** are read when they can mean only one number: \`"69.8"\`, and \`"26,9"\`, which is reported. \`"5,317"\` may be 5.317 or 5317 and is not read. A text under a key that is no quantity (\`"version": "1.10"\`, \`"serial": "007"\`) stays a text.
- **\`nan\`, \`inf\`, a missing value, a byte order mark, NUL bytes behind the message** are dropped and reported. A key that stands twice with different values is not read.
- **Times** follow RFC 3339 and the calendar. A native reading whose time has no zone is refused; Tasmota’s times without a zone are ignored. A time outside of 2016 to 2100, or more than 2 minutes ahead of the gateway’s clock while that is in sync, is reported, and the event has the time of receipt instead.
- **Understood nothing**: when no message of a device gave a value, the page shows a problem with the newest message and its unknown keys. Give such a key a meaning in \`site.yaml\`:
  \`\`\`yaml
  devices:
    - id: heating
      decoder: tasmota
      keys:
        HEATER.Flow: flow_l_min
        HEATER.Energy: { metric: energy_wh, factor: 1000 }
  \`\`\`
- **Channels** have the names of the device’s parts, in lower case. When two parts get the same name that way, the second one gets a hash behind its name, which stays the same over restarts.

${decoders.map(({ name, about }) => section(`${about} (\`decoder: ${name}\`)`, fieldCases[name] ?? [])).join('\n')}`;
}

function section(title: string, cases: readonly FieldCase[]): string {
  const rows = cases.map((one) => `| ${cell(one.name)} | ${message(one)} | ${outcome(one)} |`);
  return `## ${title}\n| what | message | outcome |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function message({ topic, payload, bytes }: FieldCase): string {
  const text = bytes ?? payload;
  const shown = text.length <= longestMessage ? text : `${text.slice(0, longestMessage - 1)}…`;
  return `\`${topic}\`<br>${code(shown)}`;
}

function outcome(one: FieldCase): string {
  if (one.refused !== undefined) return `refused: ${cell(one.refused)}`;
  const readings = (one.want ?? []).map(({ channel, device, values }) => {
    const shown = Object.entries(values).map(([metric, value]) => `${metric} ${short(JSON.stringify(value))}`);
    const of = [
      ...(device === undefined || device === channel ? [] : [device]),
      ...(channel === undefined ? [] : [channel]),
    ];
    return `${of.map((part) => `${part}: `).join('')}${shown.join(', ')}`;
  });
  const parts = [
    ...readings.map((text) => cell(text)),
    ...(one.event === undefined ? [] : [`event ${code(JSON.stringify(one.event))}`]),
    ...(one.nothing === true
      ? [`understood nothing${one.unknown === undefined ? '' : `: ${cell(one.unknown.join(', '))}`}`]
      : []),
    ...(one.nothing !== true && one.unknown !== undefined ? [`unknown: ${cell(one.unknown.join(', '))}`] : []),
    ...(one.problems ?? []).map((text) => `reported: ${cell(text.trim())}`),
    ...(one.oddTime === undefined ? [] : ['reported: its time; the event has the time of receipt']),
  ];
  return parts.length === 0 ? 'understood, nothing to keep' : parts.join('<br>');
}

function short(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

/** Shows control characters as JSON escapes. */
function visible(text: string): string {
  const isHidden = (letter: string) => letter < ' ' || letter === '\ufeff' || letter === '\u007f';
  return Array.from(text, (letter) =>
    isHidden(letter) ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter,
  ).join('');
}

function cell(text: string): string {
  return visible(text).replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function code(text: string): string {
  return `\`${visible(text).replaceAll('|', '\\|').replaceAll('`', '’')}\``;
}
