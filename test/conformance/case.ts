/**
 * A case: one normative statement of a version of MQTT, and the bytes that show whether a broker keeps it.
 * A statement that both versions make in the same words is written once and counts in each.
 */
import type { Properties } from './packets.ts';
import type { Target } from './session.ts';
import { Client, type Step } from './steps.ts';
import type { Version } from './wire.ts';

/** Something that only some brokers have. */
export type Need =
  | 'forbidden'
  | 'forbiddenFilter'
  | 'shared'
  | 'topicAlias'
  | 'subscriptionId'
  | 'receiveMaximum'
  | 'maximumPacketSize';

/** What the steps of a case may use. */
export interface Names {
  /** a topic of this case alone */
  readonly topic: (name: string) => string;
  /** what the broker announced in its CONNACK of 5.0 */
  readonly announced: Properties;
  readonly target: Target;
}

export interface Case {
  readonly version: Version;
  /** its number in the standard, as in [MQTT-…] */
  readonly statement: string;
  readonly title: string;
  readonly group: string;
  readonly needs: readonly Need[];
  /** messages of other cases would reach it, so it runs alone */
  readonly alone: boolean;
  readonly steps: (names: Names) => readonly Step[];
}

interface Options {
  readonly needs?: readonly Need[];
  readonly alone?: boolean;
}

type Steps = Case['steps'];

/** The cases of one group, in the order in which they were added. */
export class Group {
  readonly name: string;
  readonly cases: Case[] = [];

  constructor(name: string) {
    this.name = name;
  }

  v3(statement: string, title: string, steps: Steps, options: Options = {}): void {
    this.#add('3.1.1', statement, title, steps, options);
  }

  v5(statement: string, title: string, steps: Steps, options: Options = {}): void {
    this.#add('5.0', statement, title, steps, options);
  }

  both(three: string, five: string, title: string, steps: Steps, options: Options = {}): void {
    this.v3(three, title, steps, options);
    this.v5(five, title, steps, options);
  }

  #add(version: Version, statement: string, title: string, steps: Steps, options: Options): void {
    const { needs = [], alone = false } = options;
    this.cases.push({ version, statement: `MQTT-${statement}`, title, group: this.name, needs, alone, steps });
  }
}

/** Names a case in lists and reports. */
export function nameOf({ version, statement, title }: Case): string {
  return `${version} [${statement}] ${title}`;
}

export const a = new Client('a');
export const b = new Client('b');
export const c = new Client('c');
