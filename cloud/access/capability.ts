/** `POST /api/v1/session/language`: the person who is logged in chooses the language of the page, for every browser. */
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { languages } from '@forpost/shared/texts/language.ts';
import Type from 'typebox';
import type { CapabilityKind } from '../api/capability.ts';
import { closed } from '../api/schema.ts';
import { changeLanguage } from './edit-users.ts';
import type { Users } from './users.ts';

export interface AccessServices {
  /** the data folder */
  readonly folder: string;
  readonly users: Pick<Users, 'look'>;
}

const languageBody = Type.Object({ language: Type.Enum([...languages]) }, closed);

export const access: CapabilityKind<AccessServices> = {
  name: 'access',
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
          const { language } = request.body;
          const person = caller.person(request);
          if (person === '') throw new HttpProblem(401, 'log in to the centre');
          await changeLanguage(folder, person, language);
          await users.look();
          return { language };
        },
      );
    },
  }),
};
