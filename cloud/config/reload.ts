/**
 * The reload of a running centre (SIGHUP): cloud.yaml is checked as at a start, then its gateways, tokens and limits apply.
 * Certificates are read again too; changed users apply without a reload.
 *
 *   checked ── problems ──► shown in the log, and on the page until the next reload; nothing changes
 *      └── valid ──► gateways, limits apply ──► other changes are logged: they apply at the next start
 *
 * Always: the whole file is checked before any part of it applies. A request that was admitted before is answered.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { SentenceFields } from '@forpost/shared/texts/english.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { CloudConfig } from './config.ts';
import { defaultLimits, type GatewayLimits } from './limits.ts';
import { loadCloud } from './load.ts';

type Gateways = NonNullable<CloudConfig['gateways']>;

export interface ReloadedConfigOptions {
  /** undefined: there is no file to read again */
  readonly file: string | undefined;
  /** the configuration at the start */
  readonly config: CloudConfig;
  readonly logger: Logger;
}

export class ReloadedConfig {
  readonly #options: ReloadedConfigOptions;
  #gateways: Gateways;
  #limitsOf: (gateway: string) => GatewayLimits;
  #problems: readonly SentenceFields[] = [];

  constructor(options: ReloadedConfigOptions) {
    this.#options = options;
    this.#gateways = options.config.gateways ?? {};
    this.#limitsOf = limitsOfGateways(options.config);
  }

  /** the gateways of the newest valid file; the same object until a reload */
  get gateways(): Gateways {
    return this.#gateways;
  }

  limitsOf(gateway: string): GatewayLimits {
    return this.#limitsOf(gateway);
  }

  /** For the page. The words name the mistake as `forpost check` does, in English; the message names its place. */
  problems(): readonly SentenceFields[] {
    return this.#problems;
  }

  /** Reads cloud.yaml again. A wrong file is a problem, not an exception. */
  run(): void {
    const { file, config: began, logger } = this.#options;
    if (file === undefined) return;
    let config: CloudConfig;
    try {
      config = loadCloud(file);
    } catch (error) {
      const lines = messageOf(error).split('\n');
      for (const line of lines) logger.error(line);
      this.#problems = [mistakesIn(file, lines)];
      return;
    }
    this.#problems = [];
    this.#gateways = config.gateways ?? {};
    this.#limitsOf = limitsOfGateways(config);
    logger.info({ gateways: Object.keys(this.#gateways).length }, 'gateways, tokens and limits were read again');
    if (others(config) !== others(began))
      logger.warn('cloud.yaml has changes that apply only after a restart of the centre');
  }
}

/** `lines`: the mistakes that `forpost check` names, each with its place: FILE:LINE:COLUMN. */
function mistakesIn(file: string, lines: readonly string[]): SentenceFields {
  const [first = ''] = lines;
  const more = lines.length > 1 ? ` (and ${lines.length - 1} more)` : '';
  const place = /^\S+:\d+:\d+(?=: )/.exec(first)?.[0] ?? file;
  return {
    message: `the reload found mistakes in cloud.yaml, and the configuration from before stays in use: ${first}${more}`,
    message_i18n: message('centre/problem.reload', { place, count: lines.length, file }),
  };
}

/** The settings that a reload does not apply. */
function others({ gateways: _, limits: __, ...rest }: CloudConfig): string {
  return JSON.stringify(rest);
}

/** The limits of each gateway: its own, else those of all, else the defaults. */
function limitsOfGateways({ gateways = {}, limits }: CloudConfig): (gateway: string) => GatewayLimits {
  const all = { ...defaultLimits, ...limits };
  const own = new Map(
    Object.entries(gateways).flatMap(([id, { limits: its }]) =>
      its === undefined ? [] : [[id, { ...all, ...its }] as const],
    ),
  );
  return (gateway) => own.get(gateway) ?? all;
}
