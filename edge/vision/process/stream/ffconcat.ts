/**
 * A script with which ffmpeg's concat demuxer opens `url`, so that the URL is in no argument list. Quotes are escaped
 * for ffmpeg's parser. Measured: first frame and latency are the same as with -i URL.
 */
export function ffconcat(url: string, options: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(options).map(([name, value]) => `option ${name} ${value}`);
  return `ffconcat version 1.0\nfile '${url.replaceAll("'", "'\\''")}'\n${lines.join('\n')}\n`;
}
