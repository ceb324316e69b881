/**
 * A set of MQTT topic filters, stored as a tree of levels. The cost of a question depends on the topic, not on the number
 * of filters: a home automation may write to the command topics of thousands of devices.
 *
 * Always: `matches` and `covers` answer as `anyMatches` and `anyCovers` of topic-filter.ts do. Filters are well formed.
 */
interface Node {
  /** undefined: none. Most nodes of a large set are the last level of a filter */
  children: Map<string, Node> | undefined;
  /** owner of the filter that ends here: the first one that added it */
  owner: string | undefined;
  /** how often the filter that ends here was added */
  count: number;
}

const newNode = (): Node => ({ children: undefined, owner: undefined, count: 0 });

export class FilterSet {
  readonly #root = newNode();

  constructor(filters: Iterable<string> = []) {
    for (const filter of filters) this.add(filter);
  }

  add(filter: string, owner = ''): void {
    let node = this.#root;
    for (const level of filter.split('/')) {
      let child = node.children?.get(level);
      if (child === undefined) {
        child = newNode();
        node.children ??= new Map();
        node.children.set(level, child);
      }
      node = child;
    }
    node.owner ??= owner;
    node.count++;
  }

  /** Takes back one `add` of this filter. A filter that was added twice stays, with its first owner. */
  remove(filter: string): void {
    removeFrom(this.#root, filter.split('/'), 0);
  }

  /** Whether one of the filters matches this topic. */
  matches(topic: string): boolean {
    return matchesFrom(this.#root, topic.split('/'), 0, topic.startsWith('$'));
  }

  /** Whether one of the filters matches every topic that `requested` matches. */
  covers(requested: string): boolean {
    return coversFrom(this.#root, requested.split('/'), 0, requested.startsWith('$'));
  }

  /** An owner, other than `except`, with a filter that overlaps `filter`: both match some topic. undefined: none. */
  overlapping(filter: string, except?: string): string | undefined {
    return overlapFrom(this.#root, filter.split('/'), 0, except);
  }
}

/** Returns whether the node is of no filter any more. */
function removeFrom(node: Node, levels: readonly string[], at: number): boolean {
  const level = levels[at];
  if (level === undefined) {
    node.count = Math.max(0, node.count - 1);
    if (node.count === 0) node.owner = undefined;
  } else {
    const child = node.children?.get(level);
    if (child !== undefined && removeFrom(child, levels, at + 1)) node.children?.delete(level);
  }
  return node.count === 0 && (node.children?.size ?? 0) === 0;
}

/** `system`: the topic begins with `$`, which no leading wildcard matches [MQTT-4.7.2-1]. */
function matchesFrom(node: Node, levels: readonly string[], at: number, system: boolean): boolean {
  const wildcards = !(system && at === 0);
  // `a/#` matches `a` too
  if (wildcards && node.children?.get('#') !== undefined) return true;
  const level = levels[at];
  if (level === undefined) return node.owner !== undefined;
  const same = node.children?.get(level);
  if (same !== undefined && matchesFrom(same, levels, at + 1, system)) return true;
  const any = wildcards ? node.children?.get('+') : undefined;
  return any !== undefined && matchesFrom(any, levels, at + 1, system);
}

function coversFrom(node: Node, levels: readonly string[], at: number, system: boolean): boolean {
  const wildcards = !(system && at === 0);
  if (wildcards && node.children?.get('#') !== undefined) return true;
  const level = levels[at];
  if (level === undefined) return node.owner !== undefined;
  if (level === '#') return false;
  const same = node.children?.get(level);
  if (same !== undefined && coversFrom(same, levels, at + 1, system)) return true;
  const any = wildcards && level !== '+' ? node.children?.get('+') : undefined;
  return any !== undefined && coversFrom(any, levels, at + 1, system);
}

function overlapFrom(node: Node, levels: readonly string[], at: number, except?: string): string | undefined {
  const ends = node.children?.get('#')?.owner;
  if (ends !== undefined && ends !== except) return ends;
  const level = levels[at];
  if (level === undefined) return node.owner === except ? undefined : node.owner;
  if (level === '#') return anyOwner(node, except);
  for (const [name, child] of node.children ?? []) {
    if (name === '#' || !(level === '+' || name === '+' || name === level)) continue;
    const found = overlapFrom(child, levels, at + 1, except);
    if (found !== undefined) return found;
  }
  return undefined;
}

function anyOwner(node: Node, except?: string): string | undefined {
  if (node.owner !== undefined && node.owner !== except) return node.owner;
  for (const child of node.children?.values() ?? []) {
    const found = anyOwner(child, except);
    if (found !== undefined) return found;
  }
  return undefined;
}
