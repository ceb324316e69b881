/**
 * Stores values by topic in a tree with one node a level, so that a filter with wildcards visits only the topics that it
 * may match.
 *
 * Always: `matching` yields undefined after `visitsPerYield` nodes without a match, so the caller can pause there. A topic
 * that changes during a pause is found with its old or its new value.
 */
interface Node<Value> {
  next: Map<string, Node<Value>> | undefined;
  value: Value | undefined;
}

const visitsPerYield = 256;

export class TopicTree<Value> {
  readonly #root: Node<Value> = { next: undefined, value: undefined };

  set(topic: string, value: Value): void {
    let node = this.#root;
    for (const level of topic.split('/')) {
      node.next ??= new Map();
      let child = node.next.get(level);
      if (child === undefined) {
        child = { next: undefined, value: undefined };
        node.next.set(level, child);
      }
      node = child;
    }
    node.value = value;
  }

  delete(topic: string): void {
    const levels = topic.split('/');
    const path = [this.#root];
    for (const level of levels) {
      const child = path.at(-1)?.next?.get(level);
      if (child === undefined) return;
      path.push(child);
    }
    for (let depth = levels.length; depth > 0; depth--) {
      const node = path[depth];
      const parent = path[depth - 1];
      if (node === undefined || parent === undefined) return;
      if (depth === levels.length) node.value = undefined;
      if (node.value !== undefined || node.next !== undefined) return;
      parent.next?.delete(levels[depth - 1] ?? '');
      if (parent.next?.size === 0) parent.next = undefined;
    }
  }

  /** The values of the matching topics. A leading wildcard matches no topic that begins with `$` [MQTT-4.7.2-1]. */
  *matching(filter: string): Generator<Value | undefined> {
    const levels = filter.split('/');
    const visits = { left: visitsPerYield };
    yield* visit(this.#root, levels, 0, visits, true);
  }
}

function* visit<Value>(
  node: Node<Value>,
  levels: readonly string[],
  depth: number,
  visits: { left: number },
  isRoot = false,
): Generator<Value | undefined> {
  if (--visits.left === 0) {
    visits.left = visitsPerYield;
    yield undefined;
  }
  const level = levels[depth];
  // `a/#` matches `a` too
  if ((level === undefined || level === '#') && node.value !== undefined) yield node.value;
  if (level === undefined || node.next === undefined) return;
  if (level !== '+' && level !== '#') {
    const child = node.next.get(level);
    if (child !== undefined) yield* visit(child, levels, depth + 1, visits);
    return;
  }
  const deeper = level === '#' ? depth : depth + 1;
  for (const [name, child] of node.next)
    if (!isRoot || !name.startsWith('$')) yield* visit(child, levels, deeper, visits);
}
