/** The rights of the HTTP page, and the refusals that operations have because of their right and their input. */
import { refusalsOf } from '@forpost/shared/http/openapi-answers.ts';
import type { Right } from '@forpost/shared/http/rights.ts';
import { code, words } from './markdown.ts';

export const rights: Readonly<Record<Right, string>> = {
  open: 'no log-in',
  see: 'a log-in: a viewer or an operator',
  act: 'the log-in of an operator',
  metrics: 'a log-in, or `authorization: Bearer` with the metrics token',
  gateway: 'a gateway’s token or client certificate',
  own: 'a log-in, also a viewer’s: the route changes only that person’s own settings',
};

/** The refusals that operations have because of their right and their input. */
const usual = Object.keys(rights).flatMap((right) =>
  Object.entries(
    refusalsOf({ method: 'POST', schema: { body: {} }, config: { right: right as Right } } as Parameters<
      typeof refusalsOf
    >[0]),
  ).map(([status, schema]) => ({ right, status, when: (schema as { readonly description: string }).description })),
);
export const isUsual = (status: string, when: string) =>
  usual.some((one) => one.status === status && one.when === when);

/** A row for each meaning of a status, with the rights whose operations have it. */
export function usualRows(): string[][] {
  const meanings = [...Map.groupBy(usual, ({ status, when }) => `${status} ${when}`).values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [{ ...first, of: same.map(({ right }) => right) }];
  });
  return meanings
    .sort((a, b) => a.status.localeCompare(b.status))
    .map(({ status, when, of }) => [
      code(status),
      words(when),
      of.length === Object.keys(rights).length ? 'every right' : of.map(code).join(', '),
    ]);
}
