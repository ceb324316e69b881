/** The schemas' regular expressions in words, for people who edit YAML files. */
import { idPatternText } from '../event/ids.ts';
import { inEnglish } from '../texts/english.ts';
import type { Message } from '../texts/message.ts';
import { message, type TextKey } from '../texts/texts.ts';

type PatternKey = Exclude<Extract<TextKey<'mistake'>, `mistake/pattern.${string}`>, 'mistake/pattern.other'>;

const keys: Readonly<Record<string, PatternKey>> = {
  [idPatternText]: 'mistake/pattern.id',
  '^(/[A-Za-z0-9._~-]+)+$': 'mistake/pattern.base-path',
  '^https?://': 'mistake/pattern.http',
  '^(rtsp|rtsps|http|https|file|v4l2)://': 'mistake/pattern.camera',
  '^[a-zA-Z0-9._-]{1,100}$': 'mistake/pattern.name',
  '^[a-z0-9._-]{1,64}$': 'mistake/pattern.file',
  '^(?!.{101})[^#+/\\s]+(/[^#+/\\s]+)*$': 'mistake/pattern.topic',
  '^(?!.{101})([^#+/\\s%]+/)*(%prefix%/([^#+/\\s%]+/)*%topic%|%topic%/([^#+/\\s%]+/)*%prefix%)(/[^#+/\\s%]+)*/?$':
    'mistake/pattern.template',
  '^(\\*|https?://[^/\\s]+)$': 'mistake/pattern.origin',
  '^sha256:([0-9A-Fa-f]{2}:?){32}$': 'mistake/pattern.fingerprint',
  '^[0-9a-f]{16}$': 'mistake/pattern.hex-16',
  '^[0-9a-f+]{6,80}$': 'mistake/pattern.evidence',
  '^[1-9][0-9]{0,15}$': 'mistake/pattern.number',
  '^[a-z][a-z0-9.-]{0,63}$': 'mistake/pattern.kind',
  '^[a-z0-9_]{1,100}$': 'mistake/pattern.metric',
  '^[0-9a-f]{1,64}$': 'mistake/pattern.hex-64',
  '^[0-9a-f]{64}$': 'mistake/pattern.sha256',
  '^[\\x20-\\x7e]*$': 'mistake/pattern.visible',
};

/** What the pattern demands of the text at `where`. */
export function patternMessage(pattern: string, where: string | Message): Message {
  const key = keys[pattern];
  return key === undefined ? message('mistake/pattern.other', { where, pattern }) : message(key, { where });
}

/** What the pattern demands, in English words: `must …`. */
export function patternInWords(pattern: string): string {
  return inEnglish(patternMessage(pattern, '')).trim();
}
