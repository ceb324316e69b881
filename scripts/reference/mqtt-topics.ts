/** The page of MQTT topics: those of the gateway, of each decoder and of each role. */
import { gatewayTopics } from '../../edge/alerts/actions/mqtt.ts';
import { decoders } from '../../edge/devices/decoders/registry.ts';
import { roles } from '../../edge/devices/roles/registry.ts';
import { statusMessageSchema, statusTopics } from '../../edge/health/status-topic.ts';
import type { ConsumerConfig, DeviceConfig } from '../../edge/site/site.ts';
import { fieldTable } from './field-table.ts';
import { code, madeBy, table, words } from './markdown.ts';

/** Stands for the id of a device or consumer. */
const id = 'ID';

export function mqttTopicsPage(): string {
  const gateway = [...gatewayTopics, ...statusTopics].map(({ topic, retained, about }) => [
    code(topic),
    retained ? 'yes' : 'no',
    words(about),
  ]);
  return `# MQTT topics
${madeBy}

The topics of the gateway’s broker; [MQTT](mqtt.md) says what of the protocol is spoken. \`ID\` stands for the id of a device or consumer, or for its \`topic\` or \`base_topic\` where it has one. \`+\` is one level, \`#\` the rest.

## What the gateway publishes
A consumer subscribes to these by its \`subscribe\` in [site.yaml](site-yaml.md). Nobody else publishes below \`forpost/\`, but a device on its own topics.

${table(['topic', 'retained', 'content'], gateway)}

### forpost/status
The gateway publishes its state at its start, within 2 s of a change, and at most once a minute while only figures change. A clean stop publishes \`stopped\`, which stays retained on disk until the next start. After a crash or a power cut nothing is published: the connection to the broker is lost, and that is the sign. The retained message of the run before is replaced at the next start.

${fieldTable(statusMessageSchema)}

## Devices, by decoder
Only the device or bridge itself publishes on its topics; a consumer that may give commands writes to the topics of its commands.

${table(['decoder', 'publishes readings on', 'publishes also on', 'subscribes to', 'takes commands on'], decoders.map(decoderRow))}

## Consumers, by role
\`subscribe\` and \`publish\` in [site.yaml](site-yaml.md) give a consumer more topics than its role.

${table(['role', 'publishes on', 'subscribes to', 'takes commands on'], roles.map(roleRow))}
`;
}

function decoderRow(decoder: (typeof decoders)[number]): readonly string[] {
  const device = { id, decoder: decoder.name } as unknown as DeviceConfig;
  const { unread = [], shared = [], commands = [] } = decoder.moreTopics?.(device) ?? {};
  const ofBridge = decoder.bridgeFilters?.(device) ?? [];
  return [
    code(decoder.name),
    list(decoder.publishFilters(device)),
    [list([...unread, ...shared]), ...ofBridge.map((filter) => `${code(filter)} (a bridge)`)]
      .filter((part) => part !== '')
      .join('<br>'),
    list(decoder.subscribeFilters(device)),
    list(commands),
  ];
}

function roleRow(role: (typeof roles)[number]): readonly string[] {
  const { publish, subscribe, commands } = role.topics({ id } as ConsumerConfig);
  const others = role.commands ? ['the command topics of every device, and of the consumers that take some'] : [];
  return [code(role.name), [list(publish), ...others].join('<br>'), list(subscribe), list(commands)];
}

function list(filters: readonly string[]): string {
  return filters.map(code).join('<br>');
}
