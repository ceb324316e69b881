/**
 * The audit of staff's acts: records of the topic `forpost.operations` or, without Kafka, lines of a file.
 *
 * Always: when `append` resolves the record is durable, at all in-sync brokers or on disk. A part that must not act unseen
 * waits for `append` before it acts: so a recorded act may not have happened, but no act is without a record.
 */
import { randomUUID } from 'node:crypto';
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

export const operationType = 'forpost.operation.v1';

export interface Operation {
  /** the act, such as evidence-viewed */
  readonly operation: string;
  /** a log-in name */
  readonly by: string;
  /** the object of the act: the id of an alarm, for example; with its gateway it is the record's key */
  readonly subject: string;
  readonly gateway: string;
  /** further fields of the act */
  readonly [detail: string]: string;
}

export interface OperationsLog extends Part {
  /** @throws ForpostError: after a deadline it may have been written all the same */
  append(operation: Operation): Promise<void>;
  /**
   * Reads the kept operations back, some at a time, in the order in which they were written (in a topic: for each key).
   * Skips other records. @throws errors of the read and of `handle`
   */
  read(handle: (operations: readonly KeptOperation[]) => Promise<void>): Promise<void>;
}

/** An operation and when it was done, ms since 1970. */
export type KeptOperation = Operation & { readonly at: number };

/** The record, CloudEvents 1.0 in structured JSON. `at`: ms since 1970. */
export function operationRecord({ subject, ...data }: Operation, at: number): { key: string; value: string } {
  const event = {
    specversion: '1.0',
    id: randomUUID(),
    source: '/centre',
    type: operationType,
    subject,
    time: rfc3339(at),
    datacontenttype: 'application/json',
    data,
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

/** The operation in a record's JSON; undefined where the record is no operation. */
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
