/**
 * The thread that checks one document of the site, reads its values, compares two, or changes the secrets, and ends. It
 * can wait: alarms go first.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { placedProblems } from '@forpost/shared/config/yaml.ts';
import { lowerPriority } from '@forpost/shared/priority.ts';
import { differenceOf } from '../../site/difference.ts';
import { withEdits } from '../../site/document-edit.ts';
import { valuesIn } from '../../site/values.ts';
import { withDeviceList } from '../device-list.ts';
import { loadSite } from '../load-site.ts';
import type { CheckAnswer, CheckQuestion } from './messages.ts';
import { answerAboutSecrets } from './secrets-answers.ts';

if (parentPort === null) throw new Error('the thread that checks the site is not a program of its own');
lowerPriority();
parentPort.postMessage(answerTo(workerData as CheckQuestion));

/** @throws for what is no mistake in the document: the main thread gets it as the thread's error */
function answerTo(question: CheckQuestion): CheckAnswer {
  if (question.kind === 'credentials' || question.kind === 'give') return answerAboutSecrets(question);
  if (question.kind === 'add')
    return { kind: 'added', list: withDeviceList(question.file, question.text, question.csv) };
  if (question.kind === 'compare') return { kind: 'changes', changes: differenceOf(question.before, question.after) };
  if (question.kind === 'values') return { kind: 'values', values: valuesIn(question.text) };
  try {
    if (question.kind === 'edit') return { kind: 'edited', text: withEdits(question.text, question.edits) };
    const { site, secrets } = loadSite(question.file, question.secretsFile, question.text);
    return { kind: 'loaded', loaded: { site, secrets } };
  } catch (error) {
    const problems = placedProblems(error);
    if (problems === undefined) throw error;
    return { kind: 'problems', problems };
  }
}
