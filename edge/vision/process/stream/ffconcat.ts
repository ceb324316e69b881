/**
 * The script that makes ffmpeg's concat demuxer open `url`, which then stands in no argument list; quotes are doubled as ffmpeg's
 * parser wants them. Measured: the same first frame and the same latency as with -i URL.
 */
export function ffconcat(url: string, options: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(options).map(([name, value]) => `option ${name} ${value}`);
  return `ffconcat version 1.0\nfile '${url.replaceAll("'", "'\\''")}'\n${lines.join('\n')}\n`;
}
