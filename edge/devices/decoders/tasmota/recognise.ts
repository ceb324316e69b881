/**
 * Recognises Tasmota (tasmota.github.io/docs/MQTT). At each connection it publishes LWT, INFO1 to INFO3 and, unless
 * SetOption19 is on, `tasmota/discovery/<MAC>/config`; a few seconds later STATE and SENSOR.
 *
 * The full topic is known from discovery (`ft`), or from INFO1, whose fallback topic has prefix and topic at their places
 * (`cmnd/DVES_1A2B3C_fb/`); else from the place of the prefix in the message's own topic.
 */
import { isJsonObject, type JsonObject, parseJson, wordOf } from '../../payload.ts';
import { nameOf, type Question, type Recognised, sure, type UnknownMessage } from '../../recognise.ts';

const standard = '%prefix%/%topic%/';
/** Names of messages that only Tasmota uses, and names that others may use too. */
const ownMessages = /^(INFO[1-3]|STATUS([0-9]|1[0-3])?|ZbReceived|STATE|SENSOR)$/;
const otherMessages = /^(LWT|RESULT|POWER[0-9]{0,2})$/;
const discovery = /^tasmota\/discovery\/[0-9A-F]{12}\/config$/i;
const ownClientId = /^DVES_[0-9A-F]{6}/i;

export function recogniseTasmota(message: UnknownMessage): Recognised | undefined {
  const { topic, payload } = message;
  if (discovery.test(topic)) return fromDiscovery(objectOf(payload));
  const place = placeOf(topic);
  if (place === undefined) return undefined;
  const { what } = place;
  const isOwn = ownMessages.test(what);
  if (!isOwn && !otherMessages.test(what)) return undefined;
  const whole = isOwn ? objectOf(payload) : undefined;
  if (isOwn && whole === undefined) return undefined;
  if (what === 'LWT' && !/^(online|offline)$/i.test(wordOf(payload) ?? '')) return undefined;
  if (what.startsWith('POWER') && !/^(on|off)$/i.test(wordOf(payload) ?? '')) return undefined;
  const config = (what === 'INFO1' ? fromFallback(topic, whole) : undefined) ?? place.config;
  const isSure = ownClientId.test(message.clientId);
  const { model, name } = factsOf(whole);
  return { sure: isSure || model !== undefined ? sure.certain : isOwn ? 0.9 : sure.possible, config, model, name };
}

/** «Status 0» makes Tasmota publish all it knows: module, firmware, values. */
export function questionsToTasmota({ topic, full_topic: full = standard }: Recognised['config']): readonly Question[] {
  return [{ topic: `${filled(String(full), 'cmnd', topic)}STATUS`, payload: '0' }];
}

interface Place {
  readonly what: string;
  readonly config: Recognised['config'];
}

/** Where prefix and topic stand: the topic behind the prefix, or before it where nothing stands behind. */
function placeOf(topic: string): Place | undefined {
  const levels = topic.split('/');
  const what = levels.at(-1) ?? '';
  const between = levels.slice(0, -1);
  const at = between.findIndex(isPrefix);
  if (at < 0 || between.length < 2 || between.includes('')) return undefined;
  const [before, behind] = [between.slice(0, at), between.slice(at + 1)];
  if (behind.length === 0) return { what, config: configOf(before.join('/'), '%topic%/%prefix%/') };
  return { what, config: configOf(behind.join('/'), [...before, standard].join('/')) };
}

function isPrefix(level: string): boolean {
  return level === 'tele' || level === 'stat';
}

function fromDiscovery(whole: JsonObject | undefined): Recognised | undefined {
  const { t, ft, md, dn } = whole ?? {};
  if (typeof t !== 'string' || t === '') return undefined;
  return {
    sure: sure.certain,
    config: configOf(t, typeof ft === 'string' ? ft : standard),
    model: nameOf(md),
    name: nameOf(dn),
  };
}

/** INFO1 on `house/tele/plug/INFO1` with the fallback topic `house/cmnd/DVES_1A2B3C_fb/`. */
function fromFallback(topic: string, whole: JsonObject | undefined): Recognised['config'] | undefined {
  const info = isJsonObject(whole?.Info1) ? whole.Info1 : whole;
  const fallback = info?.FallbackTopic;
  if (typeof fallback !== 'string') return undefined;
  const full = fallback.replace(/DVES_[0-9A-F]{6}(_fb)?/i, '%topic%').replace(/(^|\/)cmnd(\/|$)/, '$1%prefix%$2');
  if (!full.includes('%topic%') || !full.includes('%prefix%')) return undefined;
  const [before = '', behind = ''] = full.replace('%prefix%', 'tele').split('%topic%');
  const end = `${behind}INFO1`;
  if (!topic.startsWith(before) || !topic.endsWith(end) || topic.length <= before.length + end.length) return undefined;
  return configOf(topic.slice(before.length, -end.length), full);
}

function configOf(topic: string, full: string): Recognised['config'] {
  const ending = full.endsWith('/') ? full : `${full}/`;
  return ending === standard ? { topic } : { topic, full_topic: ending };
}

/** Module and name, from INFO1, STATUS or STATUS0. */
function factsOf(whole: JsonObject | undefined): {
  readonly model: string | undefined;
  readonly name: string | undefined;
} {
  const info = whole?.Info1 ?? (typeof whole?.FallbackTopic === 'string' ? whole : undefined);
  if (isJsonObject(info) && typeof info.Module === 'string') return { model: nameOf(info.Module), name: undefined };
  const status = whole?.Status;
  return { model: undefined, name: isJsonObject(status) ? nameOf(status.DeviceName) : undefined };
}

function objectOf(payload: Uint8Array): JsonObject | undefined {
  const parsed = parseJson(payload);
  return parsed.ok && isJsonObject(parsed.value) ? parsed.value : undefined;
}

function filled(full: string, prefix: string, topic: string): string {
  return full.replace('%prefix%', () => prefix).replace('%topic%', () => topic);
}
