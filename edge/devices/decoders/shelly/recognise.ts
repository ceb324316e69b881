/**
 * Recognises Shelly of all generations (shelly-api-docs.shelly.cloud). Each message of the second generation has the
 * device's id as `src` (`shellyplus1pm-a8032ab636ec`), which names its model; its topics begin with a prefix that is that
 * id, unless somebody has changed it. The first generation announces itself on `shellies/announce`.
 */
import { isJsonObject, type JsonObject, parseJson, wordOf } from '../../payload.ts';
import { nameOf, type Question, type Recognised, sure, type UnknownMessage } from '../../recognise.ts';
import { componentKey } from './components.ts';
import { modelName } from './models.ts';

/** The topic on which a Shelly answers `questionsToShelly` is this with `/rpc` behind it. */
const caller = 'forpost-pairing';

export function recogniseShelly(message: UnknownMessage): Recognised | undefined {
  const { topic } = message;
  if (topic.startsWith('shellies/')) return firstGeneration(message);
  const [, prefix, rest = ''] = /^(.+?)\/(online|events\/rpc|rpc|status\/.+)$/.exec(topic) ?? [];
  if (prefix === undefined) return undefined;
  if (rest === 'online') return online(message, prefix);
  if (rest.startsWith('status/')) return status(message, prefix, rest.slice('status/'.length));
  return rpc(message, prefix, rest === 'events/rpc');
}

/** Questions for model and state. The first generation has a command of its own. */
export function questionsToShelly({ topic }: Recognised['config']): readonly Question[] {
  const call = (id: number, method: string) => JSON.stringify({ id, src: caller, method });
  return [
    { topic: `${topic}/rpc`, payload: call(1, 'Shelly.GetDeviceInfo') },
    { topic: `${topic}/rpc`, payload: call(2, 'Shelly.GetStatus') },
    { topic: `shellies/${topic}/command`, payload: 'announce' },
  ];
}

function online({ payload, clientId }: UnknownMessage, prefix: string): Recognised | undefined {
  if (!/^(true|false)$/i.test(wordOf(payload) ?? '')) return undefined;
  const own = shellyId(prefix) ?? shellyId(clientId);
  return { sure: own === undefined ? sure.possible : 0.9, config: { topic: prefix }, model: own && modelName(own) };
}

function status({ payload, clientId }: UnknownMessage, prefix: string, key: string): Recognised | undefined {
  if (!componentKey.test(key) || objectOf(payload) === undefined) return undefined;
  const own = shellyId(prefix) ?? shellyId(clientId);
  return {
    sure: own === undefined ? sure.likely : sure.certain,
    config: { topic: prefix },
    model: own && modelName(own),
  };
}

/** A notification on the device's own topic, or the answer to a question. */
function rpc({ payload, clientId }: UnknownMessage, prefix: string, isOwnTopic: boolean): Recognised | undefined {
  const frame = objectOf(payload);
  const source = typeof frame?.src === 'string' ? frame.src : undefined;
  if (frame === undefined || source === undefined) return undefined;
  const own = shellyId(source) ?? shellyId(clientId);
  if (isOwnTopic) {
    if (typeof frame.method !== 'string' || !isJsonObject(frame.params)) return undefined;
    return { sure: own === undefined ? 0.9 : sure.certain, config: { topic: prefix }, model: own && modelName(own) };
  }
  // the prefix of its own topics may be another than its id: what it has said on them counts more
  const { result } = frame;
  if (prefix !== caller || !isJsonObject(result)) return undefined;
  const { name, model, app } = result;
  const known = own === undefined ? undefined : modelName(own);
  return {
    sure: sure.possible,
    config: { topic: source },
    model: known ?? nameOf(app) ?? nameOf(model),
    name: nameOf(name),
  };
}

function firstGeneration({ topic, payload }: UnknownMessage): Recognised | undefined {
  if (topic !== 'shellies/announce') {
    const [, id = ''] = topic.split('/');
    return id === '' || id === 'command' ? undefined : { sure: 0.9, config: { topic: id }, model: modelName(id) };
  }
  const { id, model } = objectOf(payload) ?? {};
  if (typeof id !== 'string' || id === '') return undefined;
  return { sure: sure.certain, config: { topic: id }, model: modelName(id) ?? nameOf(model) };
}

/** An id as the factory makes it: `shelly`, the model, and digits of the MAC address. */
function shellyId(text: string): string | undefined {
  return /^shelly[a-z0-9-]*-[0-9a-f]{4,12}$/i.test(text) ? text : undefined;
}

function objectOf(payload: Uint8Array): JsonObject | undefined {
  const parsed = parseJson(payload);
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined;
}
