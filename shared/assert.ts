/** Assertions where a wrong value would lose data: cheap, with a message, and never left out. */
import { ForpostError } from './errors.ts';

/**
 * States what must hold here. @param message says what is wrong, and of which thing; made only on failure
 * @throws ForpostError FORPOST_PART_FAILED
 */
export function assertThat(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new ForpostError('FORPOST_PART_FAILED', message());
}
