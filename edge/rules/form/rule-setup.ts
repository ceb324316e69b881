/** The set-up of rules for a person: forms, checks, completion and sentences, from the site as it is and what devices have sent. */
import type { Value } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { asMessage, type Sentence } from '@forpost/shared/texts/sentence.ts';
import { channelAndMetric, type MessageRecord } from '../../devices/message-record.ts';
import type { RuleConfig, Site } from '../../site/site.ts';
import { siteDevices, siteNames } from '../../site/site-devices.ts';
import { checkRule } from '../check-rule.ts';
import { ruleKind } from '../kinds/registry.ts';
import { summaryOf } from '../summary.ts';
import { type Completions, completionsOf, type KnownWords } from './completion.ts';
import { type RuleForms, ruleForms } from './form.ts';

/** What a form offers for ids of the site. */
export interface SiteChoices {
  readonly devices: readonly {
    readonly id: string;
    readonly name: string;
    /** the newest values, as far as the device has sent them since the gateway started */
    readonly values: readonly { readonly channel: string; readonly metric: string; readonly value: Value }[];
  }[];
  readonly cameras: readonly {
    readonly id: string;
    readonly name: string;
    readonly zones: readonly Named[];
    readonly lines: readonly Named[];
    /** classes that the camera looks for; empty: all of its model */
    readonly classes: readonly string[];
  }[];
  readonly rules: readonly Named[];
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** A problem of a drafted rule. */
export interface DraftProblem {
  /** within the rule; the first part is the field */
  readonly path: readonly (string | number)[];
  readonly message: Sentence;
  /** of the wrong character in the field's text, with its line and column, both from 1 */
  readonly offset?: number;
  readonly line?: number;
  readonly column?: number;
}

export interface CheckedDraft {
  readonly problems: readonly DraftProblem[];
  /** what the rule does; absent while its fields do not have their form */
  readonly summary?: Message;
}

/** A condition that a person types. */
export interface ConditionDraft {
  readonly kind: string;
  readonly condition: string;
  /** of the cursor */
  readonly offset: number;
  /** the rule's devices or camera; absent: all */
  readonly device?: string;
  readonly camera?: string;
}

/** Classes of COCO that rules mostly mean, for a camera whose model looks for all. */
const usualClasses = ['person', 'car', 'truck', 'bus', 'motorcycle', 'bicycle', 'dog', 'cat', 'bird'];

export class RuleSetup {
  readonly #site: () => Site;
  readonly #recordOf: (device: string) => MessageRecord | undefined;

  constructor(options: {
    readonly site: () => Site;
    readonly recordOf: (device: string) => MessageRecord | undefined;
  }) {
    this.#site = options.site;
    this.#recordOf = options.recordOf;
  }

  forms(): RuleForms & { readonly site: SiteChoices } {
    return { ...ruleForms(), site: this.#choices() };
  }

  check(rule: { readonly kind: string; readonly [key: string]: unknown }): CheckedDraft {
    const site = this.#site();
    const references = { devices: siteDevices(site).map(({ id }) => id), cameras: site.cameras };
    const { of, problems } = checkRule(rule, references);
    const summary = of === 'names' ? summaryOf(rule as unknown as RuleConfig, siteNames(site)) : undefined;
    return {
      problems: problems.map(({ path, message, missing, offset }) => ({
        path: missing === undefined ? path : [...path, missing],
        message: withoutPicture(message),
        ...placeOf(offset, textAt(rule, path)),
      })),
      ...(summary === undefined ? {} : { summary }),
    };
  }

  complete({ kind, condition, offset, device, camera }: ConditionDraft): Completions {
    const subject = ruleKind(kind)?.conditionOn;
    if (subject === undefined) return { from: offset, to: offset, options: [] };
    return completionsOf(condition, offset, subject, this.#known(device, camera));
  }

  #known(device: string | undefined, camera: string | undefined): KnownWords {
    const { devices, cameras } = this.#choices();
    const values = devices
      .filter(({ id }) => device === undefined || device === '*' || id === device)
      .flatMap((one) => one.values);
    const watching = cameras.filter(({ id }) => camera === undefined || id === camera);
    const classes = new Set(watching.flatMap((one) => one.classes));
    return {
      metrics: new Map(values.map(({ metric, value }) => [metric, { value }])),
      channels: [...new Set(values.map(({ channel }) => channel))].filter((channel) => channel !== ''),
      devices: [...devices, ...cameras].map(({ id }) => id),
      classes: classes.size > 0 ? [...classes] : usualClasses,
      zones: [...new Set(watching.flatMap(({ zones }) => zones.map(({ id }) => id)))],
      lines: [...new Set(watching.flatMap(({ lines }) => lines.map(({ id }) => id)))],
    };
  }

  #choices(): SiteChoices {
    const site = this.#site();
    const { cameras, rules } = site;
    const named = ({ id, name }: { readonly id: string; readonly name?: string | undefined }) => ({
      id,
      name: name ?? id,
    });
    return {
      devices: siteDevices(site).map((device) => ({
        ...named(device),
        values: valuesOf(this.#recordOf(asId<'device'>(device.id))),
      })),
      cameras: cameras.map((camera) => ({
        ...named(camera),
        zones: (camera.zones ?? []).map(named),
        lines: (camera.lines ?? []).map(named),
        classes: camera.classes ?? [],
      })),
      rules: rules.map(named),
    };
  }
}

function valuesOf(record: MessageRecord | undefined): SiteChoices['devices'][number]['values'] {
  return [...(record?.values ?? [])].map(([name, { value }]) => ({ ...channelAndMetric(name), value }));
}

/** The text of the rule at a path, in which an offset counts; '' where there is none. */
function textAt(rule: unknown, path: readonly (string | number)[]): string {
  const value = path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined),
    rule,
  );
  return typeof value === 'string' ? value : '';
}

function placeOf(offset: number | undefined, text: string): Pick<DraftProblem, 'offset' | 'line' | 'column'> {
  if (offset === undefined) return {};
  const before = text.slice(0, offset);
  return { offset, line: before.split('\n').length, column: offset - (before.lastIndexOf('\n') + 1) + 1 };
}

/** Without the picture of the line that a file's problem has: a page marks the place itself. */
function withoutPicture(sentence: Sentence): Sentence {
  const found = asMessage(sentence);
  if (found?.key !== pictured) return sentence;
  const reason = found.values?.reason ?? '';
  return { key: 'mistake/rule.when', values: { reason } };
}
const pictured = 'mistake/rule.when-at';
