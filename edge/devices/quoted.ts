/** A text of a device in quotes, shortened to 40 letters, for a reason. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 37).toWellFormed()}…` : text);
}
