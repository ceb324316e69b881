/**
 * A table for keys that come from other programs. It has no prototype, so that `constructor` and `__proto__` are not found
 * in it as in a plain object.
 */
export function table<Value>(entries: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null), entries);
}
