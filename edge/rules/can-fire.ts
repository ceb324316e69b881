/** A rule kind answers whether a rule can fire on what its device says (`RuleKind.cannotFire`). */

/** Why a rule cannot fire; `absent`: a metric or a channel has not come, which may change with the next message. */
export interface CannotFire {
  readonly kind: 'form' | 'absent';
  readonly reason: string;
}

/** Messages after which a rule may say that a metric does not come. */
export const enoughMessages = 5;
