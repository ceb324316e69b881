/** What several routes of the console refuse, as problems with a sentence in every language. */
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { message } from '@forpost/shared/texts/texts.ts';

/** A route that needs a person's name was asked without a log-in. */
export const logInFirst = message('gateway/reason.login-first', { what: message('gateway/reason.the-gateway') });

export function unknownCamera(id: string): HttpProblem {
  return new HttpProblem(404, message('gateway/answer.no-camera', { id: id.slice(0, 64) }));
}
