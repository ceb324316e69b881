/** The registry of model families: a new family is one file and one line here. */
import { words } from '@forpost/shared/texts/english.ts';
import type { Hints, Layout, Recognised } from './layout.ts';
import { cellCount } from './layout.ts';
import { rtDetr } from './rt-detr.ts';
import { invalid, shownTensor, type Tensors, type View } from './tensors.ts';
import { yolo, yoloEndToEnd } from './yolo.ts';
import { yolox } from './yolox.ts';

/** In the order of trying: RT-DETR comes last, because one of its forms also matches outputs of other families. */
export const layouts: readonly Layout[] = [yolox, yolo, yoloEndToEnd, rtDetr];

export function layoutOf(kind: string): Layout | undefined {
  return layouts.find((layout) => layout.kind === kind);
}

/**
 * Finds the family of a model by its `outputs` for a picture of `view`. `kind`: try only this family.
 * @throws ForpostError FORPOST_MODEL_INVALID with the outputs found and the outputs that are known
 */
export function recognise(
  outputs: Tensors,
  view: View,
  hints: Hints,
  kind?: string,
): Recognised & { readonly layout: Layout } {
  const tensors = Object.values(outputs);
  const asked = layouts.filter((layout) => kind === undefined || layout.kind === kind);
  for (const layout of asked) {
    const recognised = layout.recognise(tensors, view, hints);
    if (recognised !== undefined) return { ...recognised, layout };
  }
  const shown = Object.entries(outputs).map(([name, { data, shape }]) =>
    shownTensor({ name, type: typeOf(data), shape }),
  );
  const known = asked.map((layout) => layout.describe(cellCount(view))).join('; ');
  throw invalid(words('gateway/reason.model-outputs', { outputs: shown.join(', '), known }));
}

function typeOf(data: Tensors[string]['data']): string {
  return data.constructor.name.replace('Array', '').replace('Big', '').toLowerCase();
}
