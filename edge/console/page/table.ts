/**
 * A table whose keys come from outside, such as states of another version. It has no prototype: in a plain object the keys
 * `constructor` and `__proto__` would find a value.
 */
export function table<Value>(entries: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null), entries);
}
