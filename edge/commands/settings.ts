/** `commands` in gateway.yaml: which centres may send commands. */
import Type from 'typebox';

export const commandsSchema = Type.Object(
  {
    trusted_keys: Type.Optional(
      Type.Array(Type.String({ description: 'a line that "forpost cloud key" prints, as ed25519:…' }), {
        maxItems: 8,
        description: 'public keys of centres whose commands are carried out, as "forpost cloud key" prints them',
      }),
    ),
    trusted_keys_file: Type.Optional(Type.String({ description: 'file with such keys, one a line' })),
  },
  { additionalProperties: false, description: 'which centre may send commands (acknowledge, replay, …); absent: none' },
);

export type CommandSettings = Type.Static<typeof commandsSchema>;
