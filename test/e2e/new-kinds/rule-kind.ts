/** A rule kind that a test adds: raised when a metric is `factor` times its last value, cleared when it no longer is. */
import { words } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import { checkDevices, coversDevice, deviceKeys, plainWords } from '../../../edge/rules/kinds/common.ts';
import { checkMessage } from '../../../edge/rules/messages.ts';
import type { RuleChange, RuleContext, RuleKind } from '../../../edge/rules/rule.ts';
import type { RuleConfig } from '../../../edge/site/site.ts';

const schema = Type.Object(
  {
    ...deviceKeys,
    metric: Type.String({ description: 'name of the metric' }),
    factor: Type.Number({ exclusiveMinimum: 0, description: 'of the jump' }),
  },
  { additionalProperties: false, description: 'raised when a value jumps' },
);

type JumpConfig = RuleConfig & Type.Static<typeof schema>;

interface State {
  readonly context: RuleContext;
  readonly last: Map<string, number>;
  readonly active: Set<string>;
}

/** None: its sentence is always its own. */
const placeholders: readonly string[] = [];

export const added: RuleKind<JumpConfig, State> = {
  kind: 'jump',
  category: 'measurement',
  schema,
  placeholders,
  observesLate: false,
  check: (config, { devices }) => [
    ...checkDevices(config, devices),
    ...checkMessage(config.message, placeholders),
    ...(config.factor === 1
      ? [{ path: ['factor'], message: words('gateway/quotation', { text: 'a factor of 1 is no jump' }) }]
      : []),
  ],
  clause: ({ metric, factor }) => plainWords(`${metric} is ${factor} times its last value`),
  covers: (config, devices, { device, subject }) =>
    subject === '' && devices.includes(device) && coversDevice(config, device),
  concerns: coversDevice,
  initial: (_, context) => ({
    context,
    last: new Map(),
    active: new Set(context.active.map(({ device }): string => device)),
  }),
  observe(config, state, observation) {
    const { device, time } = observation;
    const value = observation.kind === 'reading' ? observation.values[config.metric] : undefined;
    if (typeof value !== 'number') return { state, changes: [] };
    const before = state.last.get(device);
    state.last.set(device, value);
    const jumps = before !== undefined && value >= before * config.factor;
    if (jumps === state.active.has(device)) return { state, changes: [] };
    if (jumps) state.active.add(device);
    else state.active.delete(device);
    const message = `${state.context.nameOf(device)}: ${config.metric} ${jumps ? 'jumped' : 'is steady'}`;
    const change: RuleChange['change'] = jumps ? 'raised' : 'cleared';
    return { state, changes: [{ change, device, subject: '', message, cause: config.metric, value, time }] };
  },
  wake: (_, state) => ({ state, changes: [] }),
};
