/** The registry of kinds of actions. A new kind is one file in this folder and one line here. */
import Type, { type TObject } from 'typebox';
import { actionBase } from '../../site/site.ts';
import type { AnyActionKind } from '../action-kind.ts';
import { publish } from './publish.ts';
import { webhook } from './webhook.ts';

export const actionKinds: readonly AnyActionKind[] = [publish, webhook] as readonly AnyActionKind[];

export function actionKind(name: string): AnyActionKind | undefined {
  return actionKinds.find(({ kind }) => kind === name);
}

/** The whole schema of an action: the keys of all actions and those of its kind. An unknown key is an error. */
export function actionOfKind({ kind, schema }: Pick<AnyActionKind, 'kind' | 'schema'>): TObject {
  const { description } = schema as { readonly description?: string };
  return Type.Object(
    { ...actionBase, kind: Type.Literal(kind, description === undefined ? {} : { description }), ...schema.properties },
    { additionalProperties: false },
  );
}

/** Any action, for the published schema of the site's file. */
export function anyAction() {
  return Type.Union(actionKinds.map(actionOfKind));
}
