/** The files of docs/reference that are generated from schemas and code. A new file is one line here. */
import { commandLinePage } from './command-line.ts';
import { cloudYamlPage, gatewayYamlPage, secretsPage, siteYamlPage } from './configuration.ts';
import { devicesPage } from './devices.ts';
import { editorSchemas } from './editor-schemas.ts';
import { errorCodesPage } from './error-codes.ts';
import { httpPage } from './http.ts';
import { kafkaTopicsPage } from './kafka-topics.ts';
import { metricsPage } from './metrics.ts';
import { mqttTopicsPage } from './mqtt-topics.ts';

export const referenceFolder = new URL('../../docs/reference/', import.meta.url);

/** The text of each file, by its path below docs/reference. @throws Error when a source lacks a description */
export async function referenceFiles(): Promise<Readonly<Record<string, string>>> {
  return {
    'gateway-yaml.md': gatewayYamlPage(),
    'site-yaml.md': siteYamlPage(),
    'cloud-yaml.md': cloudYamlPage(),
    'secrets.md': secretsPage(),
    'command-line.md': commandLinePage(),
    'http.md': await httpPage(),
    'mqtt-topics.md': mqttTopicsPage(),
    'kafka-topics.md': kafkaTopicsPage(),
    'metrics.md': metricsPage(),
    'error-codes.md': errorCodesPage(),
    'devices.md': devicesPage(),
    ...Object.fromEntries(Object.entries(editorSchemas()).map(([name, text]) => [`schemas/${name}.json`, text])),
  };
}
