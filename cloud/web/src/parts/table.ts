/**
 * A table by words that come from elsewhere: only what it names is in it. An object's own `constructor` and `__proto__`
 * are in every plain one.
 */
export function table<Value>(entries: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null), entries);
}
