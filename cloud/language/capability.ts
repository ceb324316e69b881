/** `POST /api/v1/session/language`: the person who is logged in chooses the language of the page, for every browser. */
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { closed } from '@forpost/shared/http/schema.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { languages } from '@forpost/shared/texts/language.ts';
import Type from 'typebox';
import { changeLanguage } from '../access/edit-users.ts';
import type { Users } from '../access/users.ts';
import type { CapabilityKind } from '../api/capability.ts';

export interface LanguageServices {
  /** the data folder */
  readonly folder: string;
  readonly users: Pick<Users, 'refresh'>;
}

const languageBody = Type.Object(
  { language: Type.Enum([...languages], { description: 'language of the page for this person' }) },
  closed,
);

export const language: CapabilityKind<LanguageServices> = {
  name: 'language',
  create: ({ folder, users }) => ({
    routes(api, caller) {
      api.post(
        '/api/v1/session/language',
        {
          config: { right: 'own' },
          schema: {
            summary: 'Chooses the language of the page for the person who is logged in',
            body: languageBody,
            response: { 200: languageBody },
          },
        },
        async (request) => {
          const { language: chosen } = request.body;
          const person = caller.person(request);
          if (person === '')
            throw new HttpProblem(
              401,
              words('gateway/reason.login-first', { what: words('gateway/reason.the-centre') }),
            );
          await changeLanguage(folder, person, chosen);
          await users.refresh();
          return { language: chosen };
        },
      );
    },
  }),
};
