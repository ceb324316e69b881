/**
 * The newest state of the pairing window, from the stream, for the parts of the page that show it.
 *
 * Always: a listener gets the state that is known when it begins, and each one after it.
 */
import type { PairingView } from '../view.ts';

type Listener = (view: PairingView) => void;

const listeners = new Set<Listener>();
let newest: PairingView | undefined;

export function publishPairing(view: PairingView): void {
  newest = view;
  for (const listener of [...listeners]) listener(view);
}

/** Returns a function that ends it. */
export function onPairing(listener: Listener): () => void {
  listeners.add(listener);
  if (newest !== undefined) listener(newest);
  return () => listeners.delete(listener);
}
