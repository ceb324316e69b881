/** The answers of all routes to an error of a part of the centre: a wrong question, or a part that cannot work now. */
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { HttpProblem, tryAgainIn } from '@forpost/shared/http/problem.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { recognisedOr } from '@forpost/shared/texts/recognise.ts';

/** The answer to a question. @throws HttpProblem 400 or 422 where the history refuses the question itself */
export async function asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ForpostError && error.code === 'FORPOST_QUERY_INVALID')
      throw new HttpProblem(400, error.message);
    if (error instanceof ForpostError && error.code === 'FORPOST_LANE_SCATTERED')
      throw new HttpProblem(422, error.message);
    throw error;
  }
}

const retryMs = 2_000;

/**
 * The result of a change. @throws HttpProblem 503 with Retry-After where a part of the centre could not make it;
 * `sentence` turns the reason into the text for the person
 */
export async function changed<Result>(
  change: Promise<Result>,
  sentence: (reason: Message | string) => Message,
): Promise<Result> {
  try {
    return await change;
  } catch (error) {
    if (!(error instanceof ForpostError)) throw error;
    throw tryAgainIn(503, retryMs, sentence(recognisedOr(messageOf(error))));
  }
}
