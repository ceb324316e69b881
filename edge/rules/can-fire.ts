/** The answer of `RuleKind.cannotFire`: why a rule cannot fire on its device's messages. */

/** `form`: the metric comes in a wrong form. `absent`: a metric or channel has not come, but may with the next message. */
export interface CannotFire {
  readonly kind: 'form' | 'absent';
  readonly reason: string;
}

/** A metric counts as absent only after this many messages. */
export const enoughMessages = 5;
