/**
 * The thread that checks one document of the site, reads its values, compares two, or changes the secrets, and ends. It
 * can wait: alarms go first.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { placedProblems } from '@forpost/shared/config/yaml.ts';
import { lowerPriority } from '@forpost/shared/priority.ts';
import { differenceOf } from '../../site/difference.ts';
import { linesOf, listLines } from '../../site/document-lines.ts';
import { edited } from '../../site/edited.ts';
import { mistakesIn, valuesIn } from '../../site/values.ts';
import { type DeviceList, withDeviceList } from '../device-list.ts';
import { loadSite } from '../load-site.ts';
import type { CheckAnswer, CheckQuestion } from './messages.ts';
import { answerAboutSecrets } from './secrets-answers.ts';

if (parentPort === null) throw new Error('the thread that checks the site is not a program of its own');
lowerPriority();
parentPort.postMessage(answerTo(workerData as CheckQuestion));

/** @throws for what is no mistake in the document: the main thread gets it as the thread's error */
function answerTo(question: CheckQuestion): CheckAnswer {
  if (question.kind === 'credentials' || question.kind === 'give') return answerAboutSecrets(question);
  if (question.kind === 'add') return added(withDeviceList(question.file, question.text, question.csv));
  if (question.kind === 'compare') return { kind: 'changes', changes: differenceOf(question.before, question.after) };
  if (question.kind === 'values') return { kind: 'values', json: JSON.stringify(valuesIn(question.text)) };
  if (question.kind === 'mistakes')
    return { kind: 'mistakes', mistakes: mistakesIn(question.text, question.file, question.problems) };
  try {
    if (question.kind === 'edit') return { kind: 'edited', text: edited(question.text, question.edit) };
    return { kind: 'loaded', lines: linesOf(loadSite(question.file, question.secretsFile, question.text)) };
  } catch (error) {
    const problems = placedProblems(error);
    if (problems === undefined) throw error;
    return { kind: 'problems', problems };
  }
}

function added(list: DeviceList): CheckAnswer {
  if ('problems' in list) return { kind: 'list-refused', list };
  return { kind: 'added', text: list.text, added: listLines(list.added) };
}
