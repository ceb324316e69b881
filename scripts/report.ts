/**
 * The common form of figures: every benchmark, fault run and `npm start -- --check` prints one JSON document on one line,
 * as the last line of standard output; the table for people goes to standard error.
 *
 * Always: a missed goal stays in the list unchanged; a figure that could not be measured is null and meets no goal; a goal
 * names a metric of the same report.
 */
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';

export type GoalOp = '<=' | '>=' | '=';

export interface Goal {
  readonly metric: string;
  readonly op: GoalOp;
  readonly goal: number;
  readonly value: number | null;
  readonly met: boolean;
}

export type Figures = Readonly<Record<string, number | null>>;

export interface ReportDocument {
  readonly name: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memory: string; readonly os: string };
  readonly versions: Readonly<Record<string, string>>;
  /** start of the run, RFC 3339 */
  readonly at: string;
  readonly seconds: number;
  readonly samples: number;
  readonly metrics: Figures;
  readonly peers: Readonly<Record<string, Figures>>;
  readonly goals: readonly Goal[];
  /** the items that a figure counts, by the figure's name */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
}

/** Packages whose versions can change a figure. */
const measuredPackages = ['better-sqlite3', 'chdb', 'kafkajs', 'mqtt', 'onnxruntime-node'];
/** decimals of a figure: a microsecond in ms */
const decimals = 3;

/** A report that begins now. */
export function createReport(name: string): Report {
  return new Report(name, new Date());
}

/** The value below which `p` per cent of the samples lie (nearest rank); NaN where there are none. */
export function percentile(samples: readonly number[], p: number): number {
  if (!(p >= 0 && p <= 100)) throw new RangeError(`percentile ${p}`);
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** Rise from one evenly spaced sample to the next, by the line of least squares; NaN for fewer than two samples. */
export function slope(samples: readonly number[]): number {
  const middle = (samples.length - 1) / 2;
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
  let rise = 0;
  let run = 0;
  samples.forEach((value, at) => {
    rise += (at - middle) * (value - mean);
    run += (at - middle) ** 2;
  });
  return rise / run;
}

export class Report {
  readonly #name: string;
  readonly #at: Date;
  readonly #begun = performance.now();
  readonly #versions: Record<string, string> = knownVersions();
  readonly #metrics: Record<string, number | null> = {};
  readonly #peers: Record<string, Figures> = {};
  readonly #goals: { metric: string; op: GoalOp; goal: number }[] = [];
  readonly #lists: Record<string, readonly string[]> = {};
  #samples = 0;

  constructor(name: string, at: Date) {
    this.#name = name;
    this.#at = at;
  }

  /** number of measurements behind the percentiles */
  samples(count: number): this {
    this.#samples = count;
    return this;
  }

  /** version of a measured program outside this project's packages */
  version(name: string, version: string): this {
    this.#versions[name] = version;
    return this;
  }

  /** `name` carries its unit: ack_p99_ms, acks_per_s; losses are called missing, lost, duplicated, unexplained */
  metric(name: string, value: number): this {
    this.#metrics[name] = rounded(value);
    return this;
  }

  /** figures of a peer, or of the raw limit, from the same run */
  peer(name: string, figures: Readonly<Record<string, number>>): this {
    this.#peers[name] = Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, rounded(value)]));
    return this;
  }

  /** the items that a figure counts */
  list(name: string, lines: readonly string[]): this {
    this.#lists[name] = lines;
    return this;
  }

  /** A goal for a metric; judged when the report is printed. */
  goal(metric: string, op: GoalOp, goal: number): this {
    this.#goals.push({ metric, op, goal });
    return this;
  }

  document(): ReportDocument {
    return {
      name: this.#name,
      machine: machine(),
      versions: this.#versions,
      at: this.#at.toISOString(),
      seconds: rounded((performance.now() - this.#begun) / 1000) ?? 0,
      samples: this.#samples,
      metrics: this.#metrics,
      peers: this.#peers,
      goals: this.#goals.map(({ metric, op, goal }) => {
        const value = this.#metrics[metric] ?? null;
        return { metric, op, goal, value, met: value !== null && meets(value, op, goal) };
      }),
      ...(Object.keys(this.#lists).length > 0 ? { lists: this.#lists } : {}),
    };
  }

  /** Prints the document, and a table for people on standard error. Returns the exit status: 1 when a goal is missed. */
  print(): 0 | 1 {
    const document = this.document();
    const missed = document.goals.filter((goal) => !goal.met);
    process.stderr.write(`\n${table(document).join('\n')}\n`);
    process.stdout.write(`${JSON.stringify(document)}\n`);
    return missed.length > 0 ? 1 : 0;
  }
}

function meets(value: number, op: GoalOp, goal: number): boolean {
  return op === '<=' ? value <= goal : op === '>=' ? value >= goal : value === goal;
}

function table({ name, metrics, peers, goals, seconds }: ReportDocument): string[] {
  const lines = [`${name}, ${seconds} s`];
  const width = Math.max(...Object.keys(metrics).map((metric) => metric.length), 0);
  for (const [metric, value] of Object.entries(metrics)) {
    const judged = goals
      .filter((goal) => goal.metric === metric)
      .map(({ op, goal, met }) => `   ${met ? 'met' : 'MISSED'}: ${op} ${goal}`);
    lines.push(`  ${metric.padEnd(width)}  ${value ?? 'not measured'}${judged.join('')}`);
  }
  for (const { metric, op, goal, value } of goals)
    if (value === null && !(metric in metrics)) lines.push(`  ${metric}  not measured   MISSED: ${op} ${goal}`);
  for (const [peer, figures] of Object.entries(peers)) lines.push(`  ${peer}: ${JSON.stringify(figures)}`);
  return lines;
}

function machine(): ReportDocument['machine'] {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memory: `${(totalmem() / 1024 ** 3).toFixed(1)} GiB`,
    os: `${type()} ${release()}`,
  };
}

function knownVersions(): Record<string, string> {
  const versions: Record<string, string> = { forpost: versionIn('../package.json'), node: process.versions.node };
  for (const name of measuredPackages) versions[name] = versionIn(`../node_modules/${name}/package.json`);
  return versions;
}

function versionIn(file: string): string {
  try {
    const { version } = JSON.parse(readFileSync(fileURLToPath(new URL(file, import.meta.url)), 'utf8'));
    return String(version);
  } catch {
    // a gateway's installation lacks the centre's packages
    return 'not installed';
  }
}

function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toFixed(decimals)) : null;
}
