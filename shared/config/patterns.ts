/** Regular expressions of our schemas in words, because nobody who edits a YAML file should have to read one. */
import { idPatternText } from '../event/ids.ts';

const words: Readonly<Record<string, string>> = {
  [idPatternText]: 'must be 1 to 64 of a-z, 0-9 and -',
  '^(/[A-Za-z0-9._~-]+)+$': 'must be a path as /forpost, without a slash at its end',
  '^https?://': 'must begin with http:// or https://',
  '^(rtsp|rtsps|http|https|file)://': 'must begin with rtsp://, rtsps://, http://, https:// or file://',
  '^[a-zA-Z0-9._-]{1,100}$': 'must be 1 to 100 of a-z, A-Z, 0-9, ".", "_" and -',
  '^[a-z0-9._-]{1,64}$': 'must be 1 to 64 of a-z, 0-9, ".", "_" and -',
  '^[^#+/\\s]{1,100}$': 'must be 1 to 100 letters without "#", "+", "/" and spaces',
  '^[0-9a-f]{64}$': 'must be 64 of 0-9 and a-f (a sha256 in hex)',
};

/** What a text that does not match should be: `must …`. */
export function patternInWords(pattern: string): string {
  return words[pattern] ?? `must match ${pattern}`;
}
