/** A piece of what the device said, short enough for a reason. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 37).toWellFormed()}…` : text);
}
