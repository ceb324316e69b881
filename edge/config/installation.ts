/**
 * The installation's file (gateway.yaml): what belongs to this machine and not to the site, as ports, paths, the uplink.
 * One schema gives the type, the check and the help in editors.
 */

import { closed } from '@forpost/shared/config/listen-settings.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import Type from 'typebox';
import { type MqttSettings, mqttSchema } from '../broker/settings.ts';
import { certificatesSchema } from '../certificates/settings.ts';
import { commandsSchema } from '../commands/settings.ts';
import { type HttpSettings, httpSchema } from '../console/settings.ts';
import { evidenceSchema } from '../evidence/settings.ts';
import { hostHealthSchema } from '../health/host/settings.ts';
import { outboxSchema } from '../outbox/settings.ts';
import { anySinkSchema } from './sink-schemas.ts';

export const installationSchema = Type.Object(
  {
    gateway: Type.String({ pattern: idPatternText, description: 'id of this gateway in every event; never changes' }),
    name: Type.Optional(Type.String({ description: 'name of this gateway for people', 'x-default': 'its id' })),
    data: Type.String({ description: 'folder for the outbox, the models and the pictures' }),
    site_file: Type.String({ description: 'path of site.yaml: devices, cameras, zones, rules' }),
    secrets_file: Type.String({ description: 'path of secrets.yaml: passwords and tokens' }),
    mqtt: mqttSchema,
    http: httpSchema,
    certificates: Type.Optional(certificatesSchema),
    outbox: Type.Optional(outboxSchema),
    clock: Type.Optional(
      Type.Object(
        {
          trusted: Type.Optional(
            Type.Boolean({
              description:
                'true: this machine’s clock is right without a time service. With false, rules with hours and late readings raise alarms until a time service confirms the clock',
              default: false,
            }),
          ),
        },
        { ...closed, description: 'the clock of this machine' },
      ),
    ),
    evidence: Type.Optional(evidenceSchema),
    host_health: Type.Optional(hostHealthSchema),
    uplink: Type.Array(anySinkSchema, {
      description: 'where events go; an empty list keeps the site on its own',
    }),
    commands: Type.Optional(commandsSchema),
    watchdog: Type.Optional(
      Type.Object(
        {
          hang_s: Type.Optional(
            Type.Number({
              minimum: 1,
              maximum: 3600,
              description:
                'how long the main thread may hang before the gateway ends itself and systemd starts it again',
              default: 15,
            }),
          ),
        },
        { ...closed, description: 'what ends a process that hangs' },
      ),
    ),
    log_level: Type.Optional(
      Type.Union(
        ['trace', 'debug', 'info', 'warn', 'error'].map((level) => Type.Literal(level)),
        { description: 'least level of the log', default: 'info' },
      ),
    ),
  },
  closed,
);

/** As the file says it. */
export type WrittenInstallation = Type.Static<typeof installationSchema>;
/** Loaded: with absolute paths, and the files of each server's certificate. */
export type Installation = Omit<WrittenInstallation, 'mqtt' | 'http'> & {
  readonly mqtt: MqttSettings;
  readonly http: HttpSettings;
};
