/** Bridges over the gateway's API: the devices behind them, those that wait to be named, and the naming of one. */
import { answer, closed, deviceValue, id, list, optional, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';
import { longestSource } from '../../site/site.ts';

const orNever = (description: string) => Type.Union([time(description), Type.Null()], { description });

const behind = answer({
  id: Type.String({ description: 'id of the device in rules and events' }),
  name: Type.String({ description: 'its name for people' }),
  source: Type.String({ description: 'its name or address at the bridge, as the document has it' }),
  nameAtBridge: optional(
    Type.String({ description: 'what the bridge calls it now; absent: the bridge has not spoken of it' }),
  ),
  address: optional(Type.String({ description: 'its address at the bridge' })),
  model: optional(Type.String({ description: 'maker, model and what it is, as the bridge says' })),
  reachable: optional(Type.Boolean({ description: 'whether the bridge reaches it; absent: the bridge does not say' })),
  lastSeen: orNever('its last message; null: none since the gateway started'),
});

const found = answer({
  name: Type.String({ description: 'what the bridge calls it' }),
  source: Type.String({ description: 'what stays when the bridge renames it: its address, else its name' }),
  address: optional(Type.String({ description: 'its address at the bridge' })),
  model: optional(Type.String({ description: 'maker, model and what it is, as the bridge says' })),
  first: time('when the bridge spoke of it first'),
  last: time('when the bridge spoke of it last'),
  messages: Type.Integer({ description: 'its messages since the gateway started' }),
  topic: optional(Type.String({ description: 'topic of its newest message; absent: none has come' })),
  payload: optional(Type.String({ description: 'beginning of its newest message' })),
  values: Type.Record(Type.String(), deviceValue('a value that was read'), {
    description: 'what was read of its messages, by metric or channel/metric',
  }),
  was: optional(Type.String({ description: 'id of the device that had its earlier name: the bridge has renamed it' })),
});

const bridge = answer({
  id: Type.String({ description: 'id of the bridge' }),
  name: Type.String({ description: 'its name for people' }),
  decoder: Type.String({ description: 'what it speaks' }),
  connected: Type.Boolean({ description: 'whether it is logged in' }),
  reachable: Type.Boolean({ description: 'whether it is logged in and has not said that it stops' }),
  devices: list(behind),
  found: list(found),
  dropped: Type.Integer({ description: 'found devices that made room for newer ones since the gateway started' }),
});

export const bridgesAnswer = answer({ bridges: list(bridge) });
export type BridgesAnswer = Type.Static<typeof bridgesAnswer>;

export const bridgeParams = Type.Object({ bridge: id('id of the bridge') }, closed);

export const nameBody = Type.Object(
  {
    found: Type.String({ minLength: 1, maxLength: longestSource, description: 'name or address of the found device' }),
    id: optional(
      id(
        'id that the device gets; that of a device behind a bridge: this device is meant, it moves here. Default: made of the name',
      ),
    ),
    name: optional(Type.String({ maxLength: 200, description: 'name for people' })),
    place: optional(Type.String({ maxLength: 200, description: 'where it is' })),
    why: optional(Type.String({ maxLength: 500, description: 'the reason for the change; it stands in the history' })),
  },
  closed,
);
