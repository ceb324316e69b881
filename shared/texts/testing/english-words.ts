/**
 * Finds English in a text that should be Russian: words that no English sentence does without. Latin words are right where
 * they are names, codes, paths, keys or units, so only such words count.
 *
 * Always: quotations («…», "…") are left out: they hold what a device, a person or another program wrote.
 */
const englishOnly =
  /(?<![\p{L}\p{N}_./:=-])(?:the|an?|is|are|was|were|be|been|not|no|of|to|it|its|this|that|these|has|have|had|and|or|for|with|from|by|on|at|in|cannot|can|does|did|than|as|which|only|there|they|because|after|before|between|without|more|every|nothing|nobody)(?![\p{L}\p{N}_./:=-])/giu;

/** The English words in `text`; empty where it is Russian throughout. */
export function englishWords(text: string): readonly string[] {
  const own = text.replaceAll(/«[^«»]*»|"[^"]*"/g, '');
  // a device’s ON and OFF are no English
  return [...own.matchAll(englishOnly)]
    .map(([word]) => word)
    .filter((word) => word.length === 1 || word !== word.toUpperCase());
}
