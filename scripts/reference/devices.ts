/** The page of devices and their messages, from the messages of the tests (edge/devices/field-cases). */
import { decoders } from '../../edge/devices/decoders/registry.ts';
import { type FieldCase, fieldCases } from '../../edge/devices/field-cases.ts';

const longestMessage = 140;

export function devicesPage(): string {
  return `# Devices and their messages
Every message below is tried by the tests of each commit (\`edge/devices/field-cases\`); this page is made of them by \`npm run -s reference\`. The forms follow the makers’ documents and public reports; ids and numbers are invented. No physical device was connected for it.

## What holds for all of them
- **One odd field costs only itself.** What is readable is read; what is not is named with its path on the device’s row of the page (\`unread.fields\` in \`GET /api/v1/status\`). A whole entry of a list that cannot be read goes to the dead letters, and the entries beside it are read.
- **Numbers in texts** are read where they can mean one number alone: \`"69.8"\`, and \`"26,9"\`, which is told. \`"5,317"\` may be 5.317 or 5317 and is not read. A text of another metric than a quantity (\`"version": "1.10"\`, \`"serial": "007"\`) stays a text.
- **\`nan\`, \`inf\`, no value at all, a byte order mark, NUL bytes behind the message** are put right and told; a key that stands twice with different values is read neither way.
- **Times** follow RFC 3339 and the calendar; without a zone a native time is refused, and Tasmota’s is not believed. A time outside of 2016 to 2100, or more than 2 minutes ahead of the gateway’s clock where that is known to be right, is told and decides nothing: the time of receipt counts.
- **Understood nothing**: a device of whose messages none gave a value is told as a problem, with the newest message and the keys that no table knows. Give such a key a meaning in \`site.yaml\`:
  \`\`\`yaml
  devices:
    - id: heating
      decoder: tasmota
      keys:
        HEATER.Flow: flow_l_min
        HEATER.Energy: { metric: energy_wh, factor: 1000 }
  \`\`\`
- **Channels** are called as the device calls its parts, in small letters. Two parts whose names become one that way stay two channels: the second one gets a hash behind its name, and keeps it over restarts.

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
  const readings = (one.want ?? []).map(({ channel, values }) => {
    const told = Object.entries(values).map(([metric, value]) => `${metric} ${short(JSON.stringify(value))}`);
    return `${channel === undefined ? '' : `${channel}: `}${told.join(', ')}`;
  });
  const parts = [
    ...readings.map((text) => cell(text)),
    ...(one.event === undefined ? [] : [`event ${code(JSON.stringify(one.event))}`]),
    ...(one.nothing === true
      ? [`understood nothing${one.unknown === undefined ? '' : `: ${cell(one.unknown.join(', '))}`}`]
      : []),
    ...(one.nothing !== true && one.unknown !== undefined ? [`unknown: ${cell(one.unknown.join(', '))}`] : []),
    ...(one.problems ?? []).map((text) => `told: ${cell(text.trim())}`),
    ...(one.oddTime === undefined ? [] : ['told: its time; the time of receipt counts']),
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
