/**
 * What staff did, for the audit: records of the topic `forpost.operations`, or without Kafka lines of a file.
 *
 * Always: when `append` resolves the record is durable, with all brokers that count or on disk. Whoever must not act
 * unseen awaits it before acting: so a record may tell of something that did not happen any more (its answer was lost),
 * and never the other way round.
 */
import { randomUUID } from 'node:crypto';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

export const operationType = 'forpost.operation.v1';

export interface Operation {
  /** what was done: evidence-viewed */
  readonly operation: string;
  /** a log-in name */
  readonly by: string;
  /** what it was done to: an alarm's id, or an object's; with its gateway the record's key */
  readonly subject: string;
  readonly gateway: string;
  /** whatever else there is to say */
  readonly [detail: string]: string;
}

export interface OperationsLog extends Part {
  /** @throws ForpostError: after a deadline it may have been written all the same */
  append(operation: Operation): Promise<void>;
  /**
   * Reads back what is kept, in the order in which it was written (of a topic: of each key), some at a time; what is no
   * operation is passed over. @throws what reading throws, and `handle`
   */
  read(handle: (operations: readonly KeptOperation[]) => Promise<void>): Promise<void>;
}

/** An operation and when it was done, ms since 1970. */
export type KeptOperation = Operation & { readonly at: number };

/** The record, CloudEvents 1.0 in structured JSON. `at`: ms since 1970. */
export function operationRecord({ subject, ...data }: Operation, at: number): { key: string; value: string } {
  const event = {
    ...{ specversion: '1.0', id: randomUUID(), source: '/centre', type: operationType, subject },
    ...{ time: rfc3339(at), datacontenttype: 'application/json', data },
  };
  return { key: `${data.gateway}/${subject}`, value: JSON.stringify(event) };
}

const isRecord = Compile(
  Type.Object({
    type: Type.Literal(operationType),
    subject: Type.String(),
    time: Type.String(),
    data: Type.Object({ operation: Type.String(), by: Type.String(), gateway: Type.String() }),
  }),
);

/** The operation in a record's JSON; undefined where it is none. */
export function operationIn(json: string): KeptOperation | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isRecord.Check(value)) return undefined;
  const at = Date.parse(value.time);
  if (Number.isNaN(at)) return undefined;
  const details = Object.entries(value.data).filter(
    (detail): detail is [string, string] => typeof detail[1] === 'string',
  );
  const { operation, by, gateway } = value.data;
  return { ...Object.fromEntries(details), operation, by, gateway, subject: value.subject, at } as KeptOperation;
}
