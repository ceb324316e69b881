/**
 * `forpost devices decode`: what a message says, as JSON, by the gateway's own decoders and without a gateway.
 *
 *   with --decoder     {"readings": […], "events": […]} or {"refused": "why"}
 *   without            {"answers": […]}: the same of every decoder, with how sure it is, the surest first
 *
 * Always: a number keeps all digits of the payload where the outbox would keep them.
 */
import { readFileSync } from 'node:fs';
import { systemClock } from '@forpost/shared/clock.ts';
import { nearest } from '@forpost/shared/config/nearest.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { parseSlowly } from '@forpost/shared/exact-json.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import type { DecodedReading, FieldProblem } from '../devices/decoder.ts';
import { decoderNamed, decoders } from '../devices/decoders/registry.ts';
import { type Answer, type TriedMessage, tryDecoder, tryDecoders } from '../devices/try-decoding.ts';
import { rightClock } from '../rules/clock-error.ts';
import { latestTime } from '../rules/rule.ts';

/** Longest payload that a device may send. */
const mostBytes = 2 * 1024 * 1024;

export interface DecodeOptions {
  readonly topic: string;
  readonly decoder?: string;
  readonly device?: string;
  readonly bridge?: boolean;
  readonly set?: readonly string[];
}

/** The JSON document of the message in `file` (`-`: standard input). @throws ForpostError FORPOST_ARGUMENT_INVALID */
export function decode(file: string, { topic, decoder: name, device, bridge, set = [] }: DecodeOptions): object {
  if (topic === '' || /[+#\0]/.test(topic)) throw wrong(`--topic takes the topic of one message, not "${topic}"`);
  const decoder = name === undefined ? undefined : decoderNamed(name);
  if (name !== undefined && decoder === undefined) throw wrong(unknownDecoder(name));
  const keys = Object.fromEntries(set.map(keyAndValue));
  const received = systemClock.now();
  const tried: TriedMessage = {
    topic,
    payload: payloadOf(file),
    received,
    latest: latestTime(received, rightClock),
    device,
    bridge,
    keys,
  };
  if (decoder !== undefined) return shown(tryDecoder(decoder, tried));
  return {
    answers: tryDecoders(decoders, tried).map((answer) => {
      const { decoder: of, sure, model } = answer;
      return { decoder: of, sure, ...(model === undefined ? {} : { model }), ...shown(answer) };
    }),
  };
}

function shown({ device, decoded }: Answer): object {
  if (!decoded.ok) return { refused: inEnglish(decoded.reason) };
  const { items, problems, unknown, nothing, lost, oddTime } = decoded;
  return {
    readings: items.flatMap((item) => (item.kind === 'reading' ? [readingOf(item, device)] : [])),
    events: items.flatMap((item) => {
      if (item.kind !== 'event') return [];
      const { type, id, time, data } = item;
      return [{ device: item.device ?? device, type, time: rfc3339(time), ...(id === undefined ? {} : { id }), data }];
    }),
    ...(problems === undefined ? {} : { problems: problems.map(problemOf) }),
    ...(unknown === undefined ? {} : { unknown }),
    ...(nothing === undefined ? {} : { nothing }),
    ...(lost === undefined ? {} : { lost: inEnglish(lost) }),
    ...(oddTime === undefined ? {} : { odd_time: inEnglish(oddTime) }),
  };
}

function readingOf({ data, json, time, timeFromDevice, device: named }: DecodedReading, device: string): object {
  const { values, channel, quality, id, device: behind } = data;
  return {
    device: named ?? behind ?? device,
    ...(channel === undefined ? {} : { channel }),
    ...(id === undefined ? {} : { id }),
    ...(timeFromDevice ? { time: rfc3339(time) } : {}),
    ...(quality === undefined ? {} : { quality }),
    values: json === undefined ? values : (parseSlowly(json) as { readonly values: unknown }).values,
  };
}

function problemOf({ path, problem }: FieldProblem): string {
  return path === '' ? inEnglish(problem) : `${path}: ${inEnglish(problem)}`;
}

function payloadOf(file: string): Uint8Array {
  let payload: Uint8Array;
  try {
    payload = readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw wrong(`${file === '-' ? 'standard input' : file}: ${messageOf(error)}`, error);
  }
  if (payload.length <= mostBytes) return payload;
  throw wrong(`${file}: ${payload.length} bytes, and a message has at most ${mostBytes}`);
}

function keyAndValue(text: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at <= 0) throw wrong(`--set takes FIELD=VALUE, not "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function unknownDecoder(name: string): string {
  const names = decoders.map((decoder) => decoder.name);
  const meant = nearest(name, names);
  const hint = meant === undefined ? `there are ${names.join(', ')}` : `did you mean "${meant}"?`;
  return `there is no decoder "${name}"; ${hint}`;
}

function wrong(text: string, cause?: unknown): ForpostError {
  return new ForpostError('FORPOST_ARGUMENT_INVALID', text, cause === undefined ? {} : { cause });
}
