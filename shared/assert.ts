/** Assertions where a wrong value would lose data: cheap, with a message, and never left out. */
import { ForpostError } from './errors.ts';

/**
 * Throws unless the condition holds. @param message names the fault and the thing; built only on failure
 * @throws ForpostError FORPOST_PART_FAILED
 */
export function assertThat(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new ForpostError('FORPOST_PART_FAILED', message());
}
