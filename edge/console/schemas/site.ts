/** Answers about the site's document over the gateway's API: the document, its revisions, and changes in words. */

import { answer, list, message, optional, problem, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

export const changeInWords = answer({
  message: Type.String({ description: 'one change in words' }),
  message_i18n: optional(message('`message` as a message of the catalogue')),
});

export const revisionAnswer = answer({
  number: Type.Integer({ description: 'counts up by one from 1' }),
  sha256: Type.String({ description: 'SHA-256 of the document’s text, in hex' }),
  author: answer({
    kind: Type.Enum(['page', 'command-line', 'centre', 'file'], {
      description: 'page: a person with a log-in; command-line: a user of this machine; file: edited by hand',
    }),
    name: Type.String({ description: 'log-in name or user name; empty: unknown' }),
  }),
  at: time('when it was made, by the gateway’s clock'),
  why: Type.String({ description: 'reason that the author gave; empty: none' }),
  changes: list(changeInWords),
  version: Type.String({ description: 'the Forpost that wrote it' }),
});

const document = Type.String({ description: 'the whole document, YAML' });

const mistakes = optional(
  list(
    answer({
      path: list(
        Type.Union([Type.String(), Type.Integer()], {
          description: 'keys from the top of the document, as the path of an edit; empty: not of a field',
        }),
      ),
      message: Type.String({ description: 'what is wrong there, in words' }),
      message_i18n: optional(message('`message` as a message of the catalogue')),
    }),
  ),
);

export const valuesAnswer = answer({
  revision: revisionAnswer,
  values: Type.Record(Type.String(), Type.Unknown(), { description: 'the document’s values, without comments' }),
});
export const documentAnswer = answer({ revision: revisionAnswer, document });
export const revisionsAnswer = answer({ revisions: list(revisionAnswer) });
export const changesAnswer = answer({ changes: list(changeInWords) });
export const previewAnswer = answer({
  changes: list(changeInWords),
  problems: list(Type.String({ description: 'why the document would be refused' })),
  mistakes,
});
export const changedAnswer = answer({
  revision: optional(revisionAnswer),
  unchanged: optional(revisionAnswer),
  passwords: optional(
    list(
      answer({
        id: Type.String({ description: 'id of a device or consumer that got a password' }),
        password: Type.String({ description: 'the password, which is shown once' }),
      }),
    ),
  ),
});

export const notKept = { 404: problem('the revision is not kept') };
/** Refusals of a change that names a revision. */
export const changeRefusals = {
  412: problem('others changed the document', {
    conflict: optional(
      Type.String({ description: 'seen: another revision is the newest; by-hand: the file was edited by hand' }),
    ),
    newest: optional(revisionAnswer),
    changes: optional(list(changeInWords)),
  }),
  422: problem('the document would be refused', {
    problems: optional(list(Type.String({ description: 'a reason, in words' }))),
    mistakes,
  }),
  428: problem('If-Match is absent'),
};
