/** Requests and answers of the import of a list of devices over the gateway's API. */
import { answer, closed, list, optional, problem } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';
import { changeInWords, revisionAnswer } from './site.ts';

/** 10,000 devices with long names. */
export const longestList = 2 * 1024 * 1024;
const longestWhy = 500;

export const importBody = Type.Object(
  {
    csv: Type.String({
      minLength: 1,
      maxLength: longestList,
      description: 'the list: CSV with comma or semicolon; its first line names fields of a device in site.yaml',
    }),
    check: optional(
      Type.Boolean({ default: false, description: 'true: says what the list would add, and changes nothing' }),
    ),
    why: optional(
      Type.String({ maxLength: longestWhy, description: 'the reason for the change; it stands in the history' }),
    ),
  },
  closed,
);

export const importedAnswer = answer({
  added: Type.Integer({ description: 'number of devices that were added, or would be' }),
  revision: optional(revisionAnswer),
  logIns: optional(
    list(
      answer({
        id: Type.String({ description: 'id of the device, and its user name at the broker' }),
        name: Type.String({ description: 'its name for people; the id where it has none' }),
        password: Type.String({ description: 'its password, which is shown once; empty: it had one before' }),
      }),
    ),
  ),
});

export const importRefusals = {
  412: problem('others changed the site meanwhile', { changes: optional(list(changeInWords)) }),
  422: problem('the list is refused, and nothing has changed', {
    problems: optional(
      list(
        answer({
          line: Type.Integer({ description: 'line in the list, from 1' }),
          column: Type.Integer({ description: 'column in the list, from 1' }),
          message: Type.String({ description: 'what is wrong there, in words' }),
        }),
      ),
    ),
  }),
};
