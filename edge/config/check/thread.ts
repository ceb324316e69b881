/**
 * The thread that checks documents of the site, reads their values, compares them and changes the secrets, one question
 * after the other. It can wait: alarms go first.
 */
import { parentPort } from 'node:worker_threads';
import { placedProblems } from '@forpost/shared/config/yaml.ts';
import { lowerPriority, raiseAgain } from '@forpost/shared/priority.ts';
import { differenceOf } from '../../site/difference.ts';
import { linesOf, listLines } from '../../site/document-lines.ts';
import { edited } from '../../site/edited.ts';
import { mistakesIn, valuesIn } from '../../site/values.ts';
import { type DeviceList, withDeviceList } from '../device-list.ts';
import { loadSite } from '../load-site.ts';
import type { CheckAnswer, CheckQuestion, ThreadMessage } from './messages.ts';
import { answerAboutSecrets } from './secrets-answers.ts';

const port = parentPort;
if (port === null) throw new Error('the thread that checks the site is not a program of its own');
lowerPriority();
port.on('message', (message: ThreadMessage) => {
  if (message.kind !== 'end') {
    port.postMessage(answerTo(message));
    return;
  }
  // the main thread waits for this one's end
  raiseAgain();
  port.close();
});

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
