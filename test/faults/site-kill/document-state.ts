/** Checks the document of a gateway after a kill: what it serves, what its files say, and that the next change works. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { accepted } from '../../../edge/config/socket-client.ts';
import type { KilledGateway } from './killed-gateway.ts';
import type { Problems } from './procedure.ts';

interface Revision {
  readonly number: number;
  readonly sha256: string;
}

export interface DocumentState {
  readonly text: string;
  readonly secrets: { readonly mqtt: Readonly<Record<string, unknown>> };
}

/** `number`: of the newest revision that is expected for a text */
export async function checkDocument(
  gateway: KilledGateway,
  problems: Problems,
  numberOf: (text: string) => number,
): Promise<DocumentState> {
  const shown = accepted(await gateway.api.ask('GET', '/api/v1/site'));
  const text = String(shown.document);
  const { revisions } = accepted(await gateway.api.ask('GET', '/api/v1/site/revisions')) as unknown as {
    readonly revisions: readonly Revision[];
  };
  const file = join(gateway.folder, 'site.yaml');
  problems.expect(readFileSync(file, 'utf8') === text, 'site.yaml is not the document that the gateway serves');
  const numbers = revisions.map(({ number }) => number);
  const expected = Array.from({ length: numberOf(text) }, (_, index) => index + 1).toReversed();
  problems.expect(numbers.join() === expected.join(), `the revisions are ${numbers.join()}, not ${expected.join()}`);
  const left = readdirSync(`${file}.history`).filter((name) => !/^\d{6}\.yaml$/.test(name));
  // a leftover of an interrupted write is replaced by the next one
  const strange = left.filter((name) => !name.endsWith('.new'));
  problems.expect(strange.length === 0, `the history has ${strange.join()}`);
  const secrets = parse(readFileSync(join(gateway.folder, 'secrets.yaml'), 'utf8')) as DocumentState['secrets'];
  return { text, secrets };
}

/** Makes one more change, which must become the next revision. */
export async function checkNextChange(gateway: KilledGateway, problems: Problems): Promise<void> {
  const shown = accepted(await gateway.api.ask('GET', '/api/v1/site'));
  const seen = (shown.revision as Revision).number;
  const body = { edits: [{ set: ['site', 'name'], value: 'After the kill' }] };
  const { status, body: said } = await gateway.api.ask('PATCH', '/api/v1/site', body, String(seen));
  const revision = said.revision as Revision | undefined;
  problems.expect(
    status === 200 && revision?.number === seen + 1,
    `the next change: ${status} ${JSON.stringify(said)}`,
  );
}
