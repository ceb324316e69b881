/** The schemas' regular expressions in words, for people who edit YAML files. */
import { idPatternText } from '../event/ids.ts';

const words: Readonly<Record<string, string>> = {
  [idPatternText]: 'must be 1 to 64 of a-z, 0-9 and -',
  '^(/[A-Za-z0-9._~-]+)+$': 'must be a path as /forpost, without a slash at its end',
  '^https?://': 'must begin with http:// or https://',
  '^(rtsp|rtsps|http|https|file|v4l2)://': 'must begin with rtsp://, rtsps://, http://, https://, file:// or v4l2://',
  '^[a-zA-Z0-9._-]{1,100}$': 'must be 1 to 100 of a-z, A-Z, 0-9, ".", "_" and -',
  '^[a-z0-9._-]{1,64}$': 'must be 1 to 64 of a-z, 0-9, ".", "_" and -',
  '^(?!.{101})[^#+/\\s]+(/[^#+/\\s]+)*$':
    'must be a topic of at most 100 letters, without "#", "+", spaces and empty levels',
  '^(?!.{101})([^#+/\\s%]+/)*(%prefix%/([^#+/\\s%]+/)*%topic%|%topic%/([^#+/\\s%]+/)*%prefix%)(/[^#+/\\s%]+)*/?$':
    'must have %prefix% and %topic% once each, each as a level of its own, in at most 100 letters',
  '^(\\*|https?://[^/\\s]+)$': 'must be "*", or begin with http:// or https:// and end with the host',
  '^sha256:([0-9A-Fa-f]{2}:?){32}$': 'must be sha256: and 64 hex digits, in pairs with or without ":"',
  '^[0-9a-f]{16}$': 'must be 16 of 0-9 and a-f',
  '^[0-9a-f+]{6,80}$': 'must be 6 to 80 of 0-9, a-f and +',
  '^[1-9][0-9]{0,15}$': 'must be a whole number without a sign, from 1',
  '^[a-z][a-z0-9.-]{0,63}$': 'must be 1 to 64 of a-z, 0-9, "." and -, with a letter first',
  '^[a-z0-9_]{1,100}$': 'must be 1 to 100 of a-z, 0-9 and _',
  '^[0-9a-f]{1,64}$': 'must be 1 to 64 of 0-9 and a-f',
  '^[0-9a-f]{64}$': 'must be 64 of 0-9 and a-f (a sha256 in hex)',
};

/** What the pattern demands, in words: `must …`. */
export function patternInWords(pattern: string): string {
  return words[pattern] ?? `must match ${pattern}`;
}
