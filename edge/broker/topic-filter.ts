/**
 * MQTT topic names and topic filters (MQTT 3.1.1, section 4.7): which filters are well formed, which topics a filter
 * matches, and whether one filter covers another.
 *
 * Always: where `filterCovers(allowed, requested)` is true, `allowed` matches every topic that `requested` matches.
 */

/** UTF-8 strings of MQTT hold at most 65,535 bytes; more levels than this would stop the broker's matcher. */
const maxBytes = 65_535;
const maxLevels = 100;

/** A well formed filter: no empty text, `#` alone at the end, `+` alone in its level [MQTT-4.7.1-2, 4.7.1-3]. */
export function isTopicFilter(filter: string): boolean {
  if (filter === '' || filter.includes('\0') || Buffer.byteLength(filter) > maxBytes) return false;
  const levels = filter.split('/');
  return (
    levels.length <= maxLevels &&
    levels.every((level, i) => {
      if (level === '#') return i === levels.length - 1;
      return level === '+' || !/[#+]/.test(level);
    })
  );
}

/** Whether a text is a topic name: a filter without wildcards [MQTT-3.3.2-2]. */
export function isTopicName(topic: string): boolean {
  return isTopicFilter(topic) && !/[#+]/.test(topic);
}

/** Whether the filter matches the topic. Wildcards in front never match topics that begin with `$` [MQTT-4.7.2-1]. */
export function topicMatches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && (filter.startsWith('+') || filter.startsWith('#'))) return false;
  const wanted = filter.split('/');
  const given = topic.split('/');
  for (let i = 0; i < wanted.length; i++) {
    const level = wanted[i];
    // `a/#` matches `a` too, which is why this comes before the topic's end
    if (level === '#') return true;
    if (i === given.length) return false;
    if (level !== '+' && level !== given[i]) return false;
  }
  return wanted.length === given.length;
}

/** Whether `allowed` matches every topic that `requested` matches. Both must be well formed. */
export function filterCovers(allowed: string, requested: string): boolean {
  if (requested.startsWith('$') && (allowed.startsWith('+') || allowed.startsWith('#'))) return false;
  const may = allowed.split('/');
  const asks = requested.split('/');
  for (let i = 0; i < may.length; i++) {
    const level = may[i];
    if (level === '#') return true;
    const asked = asks[i];
    if (asked === undefined || asked === '#') return false;
    if (level !== '+' && level !== asked) return false;
  }
  return may.length === asks.length;
}

/** Whether one of the filters matches the topic. */
export function anyMatches(filters: readonly string[], topic: string): boolean {
  return filters.some((filter) => topicMatches(filter, topic));
}

/** Whether one of the filters covers the requested filter. */
export function anyCovers(filters: readonly string[], requested: string): boolean {
  return filters.some((filter) => filterCovers(filter, requested));
}

/** Whether a topic has more levels than the limit. */
export function hasTooManyLevels(topic: string): boolean {
  let levels = 1;
  for (let at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) levels++;
  return levels > maxLevels;
}
