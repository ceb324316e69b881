/**
 * Checks the imports of a checkout against the layers of rules.ts: one line for each forbidden import, with the reason.
 * `node scripts/on-node-24.mjs scripts/layers/main.ts` runs it alone; it is a step of `npm run check` and `npm test`.
 */
import { cruise, type IViolation } from 'dependency-cruiser';
import { forbidden, options } from './rules.ts';

export interface LayerResult {
  /** number of files read; 0 means that nothing was checked */
  readonly files: number;
  /** one sentence for each forbidden import */
  readonly problems: readonly string[];
}

const folders = ['shared', 'edge', 'cloud', 'scripts', 'test'];

/**
 * `root`: absolute path of a checkout with its `node_modules`. @throws Error for a file that swc cannot parse: its visitor
 * does not know `using` declarations.
 */
export async function checkLayers(root: string): Promise<LayerResult> {
  const { enhancedResolveOptions, ...others } = options;
  const { output } = await cruise(
    folders,
    { ...others, baseDir: root, validate: true, ruleSet: { forbidden: [...forbidden] } },
    { ...enhancedResolveOptions, bustTheCache: true },
  );
  if (typeof output === 'string') throw new Error('dependency-cruiser returned a text instead of a result');
  const reasons = new Map(forbidden.map(({ name, comment }) => [name, comment]));
  const { violations, totalCruised } = output.summary;
  return { files: totalCruised, problems: violations.map((violation) => inWords(violation, reasons)).sort() };
}

function inWords({ rule, from, to, cycle }: IViolation, reasons: ReadonlyMap<string, string>): string {
  const path = cycle === undefined ? [from, to] : [from, ...cycle.map(({ name }) => name)];
  return `${rule.name}: ${path.join(' → ')}. ${reasons.get(rule.name) ?? ''}`;
}
