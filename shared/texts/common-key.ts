/** The keys of texts for formats: units, quantities, times. */
import type { commonEn } from './catalogue/common.en.ts';

/** A text of the part `common`. */
export type CommonKey = `common/${keyof typeof commonEn & string}`;
export type SayCommon = (key: CommonKey, values: Readonly<Record<string, string | number>>) => string;
