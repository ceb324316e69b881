/**
 * The action kind `publish`: an MQTT message to a topic of the site, such as the command topic of a siren, a relay or a lamp.
 *
 *   off ── the first alarm begins: payload ──► on ── the last one is over: clear_payload ──► off
 *                                               └── further ones begin and end: nothing is sent
 *
 * Always: nothing here waits. A restart sends nothing for alarms that go on. An action that leaves the document while
 * it is on sends `clear_payload`: nothing else would switch the siren off. A test sends the same messages, and leaves a
 * siren on that real alarms have switched on.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import Type from 'typebox';
import { FilterSet } from '../../broker/filter-set.ts';
import { commandTopicsOf, ownTopics } from '../../devices/principals.ts';
import { checkMessage, fill } from '../../rules/messages.ts';
import type { RuleProblem } from '../../rules/rule.ts';
import { type ActionConfig, topicPattern } from '../../site/site.ts';
import { type Action, type ActionParts, type ActionResult, type Alert, messageOfAlert } from '../action.ts';
import type { ActionKind, ActionReferences } from '../action-kind.ts';

const longestPayload = 2000;
/** With its placeholders filled in. */
const longestFilled = 8000;
const schema = Type.Object(
  {
    topic: Type.String({
      pattern: topicPattern,
      description: 'topic that is published to, such as cmnd/siren/POWER',
      'x-field': 'topic',
    }),
    payload: Type.Optional(
      Type.String({
        maxLength: longestPayload,
        description: 'message when the first alarm begins, with {placeholders}',
        'x-default': 'the alarm as JSON',
      }),
    ),
    clear_payload: Type.Optional(
      Type.String({
        maxLength: longestPayload,
        description: 'message when the last alarm is over, with {placeholders}',
        'x-default': 'nothing is sent',
      }),
    ),
    retain: Type.Optional(
      Type.Boolean({ description: 'true: clients that subscribe later get the newest message too', default: false }),
    ),
  },
  { additionalProperties: false, description: 'publishes an MQTT message: switches a siren, a relay or a lamp' },
);

export type PublishConfig = ActionConfig & Type.Static<typeof schema>;

const placeholders = ['rule', 'device', 'severity', 'message', 'change', 'test'];

export const publish: ActionKind<PublishConfig> = {
  kind: 'publish',
  title: message('rule/kind.publish'),
  schema,
  check: ({ topic, payload, clear_payload: clear }, references) => [
    ...checkTopic(topic, references),
    ...braces('payload', payload),
    ...braces('clear_payload', clear),
  ],
  effect({ topic, payload, clear_payload: clear }) {
    const what = payload ?? message('rule/action.as-json');
    return clear === undefined
      ? message('rule/action.publish', { payload: what, topic })
      : message('rule/action.publish-clear', { payload: what, topic, clear });
  },
  create: (config, parts) => new PublishAction(config, parts),
};

/** JSON has braces of its own: only words in braces that look like placeholders are checked. */
function braces(key: string, text: string | undefined): readonly RuleProblem[] {
  if (text === undefined || !/\{[a-z_]+\}/.test(text)) return [];
  return checkMessage(text, placeholders)
    .filter(({ offset = 0 }) => /^\{[a-z_]+\}/.test(text.slice(offset)))
    .map((problem) => ({ ...problem, path: [key] }));
}

/** Refuses topics to which the gateway or a device publishes; accepts devices' command topics. */
function checkTopic(topic: string, { devices }: ActionReferences): readonly RuleProblem[] {
  const commands = new FilterSet(devices.flatMap(commandTopicsOf));
  const owned = new FilterSet(['forpost/#', ...devices.flatMap(ownTopicsOf)]);
  if (!topic.startsWith('$') && (commands.matches(topic) || !owned.matches(topic))) return [];
  return [{ path: ['topic'], message: words('gateway/answer.topic-of-others', { topic }) }];
}

/** None for a device with an unknown decoder, which has a problem of its own. */
function ownTopicsOf(device: ActionReferences['devices'][number]): readonly string[] {
  try {
    return ownTopics(device);
  } catch {
    return [];
  }
}

class PublishAction implements Action {
  readonly name: string;
  readonly #config: PublishConfig;
  readonly #parts: ActionParts;
  /** alarms that are active; bounded by what `Alarms` keeps */
  readonly #active = new Set<string>();
  #problem: Message | undefined;

  constructor(config: PublishConfig, parts: ActionParts) {
    this.name = config.id;
    this.#config = config;
    this.#parts = parts;
  }

  perform(alert: Alert): void {
    const { alarm, active } = alert.data;
    const before = this.#active.size;
    if (active) this.#active.add(alarm);
    else this.#active.delete(alarm);
    const now = this.#active.size;
    if (before === 0 && now > 0) this.#send(this.#config.payload, alert);
    if (before > 0 && now === 0) this.#sendClear(alert);
  }

  restore({ data }: Alert): void {
    if (data.active) this.#active.add(data.alarm);
  }

  async try(alert: Alert): Promise<ActionResult> {
    const { topic, payload } = this.#config;
    if (alert.data.active) this.#send(payload, alert);
    else if (this.#active.size === 0) this.#sendClear(alert);
    if (this.#problem !== undefined) return { ok: false, message: this.#problem };
    const isHeard = this.#parts.isSubscribed?.(topic) ?? true;
    return {
      ok: isHeard,
      message: isHeard
        ? message('gateway/answer.action-published', { topic })
        : message('gateway/answer.action-unheard', { topic }),
    };
  }

  end(): void {
    const { clear_payload: clear } = this.#config;
    if (this.#active.size > 0 && clear !== undefined) this.#publish(fill(clear, { change: 'cleared' }));
    this.#active.clear();
  }

  problem(): Message | undefined {
    return this.#problem;
  }

  async stop(): Promise<void> {
    this.#active.clear();
  }

  #sendClear(alert: Alert): void {
    const { clear_payload: clear } = this.#config;
    if (clear !== undefined) this.#send(clear, alert);
  }

  /** `text`: absent: the alarm as JSON */
  #send(text: string | undefined, alert: Alert): void {
    const { rule, device, severity, message: sentence, change, test } = alert.data;
    const fields = { rule, device, severity, message: sentence, change, test: String(test) };
    this.#publish(text === undefined ? JSON.stringify(messageOfAlert(alert)) : fill(text, fields, longestFilled));
  }

  #publish(payload: string): void {
    const { topic, retain = false } = this.#config;
    try {
      this.#parts.publisher.publish(topic, payload, { qos: 1, retain });
      this.#problem = undefined;
    } catch (error) {
      this.#problem = message('gateway/answer.action-failed', { topic });
      this.#parts.logger.error({ action: this.name, topic }, `an action could not publish: ${messageOf(error)}`);
    }
  }
}
