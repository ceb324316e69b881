/**
 * The output of `npm test`: one line a file while the tests run, then every failure in full and every skip with its
 * reason. Writes the counts to the file $FORPOST_TEST_RESULT, for the last line of `npm test`.
 *
 * Always: broken code counts as failed even when no test reports it: a file that does not load, a hook that throws, an
 * error outside of tests, a skip without a reason. The reason comes from the skip itself (`unless(why)` of
 * test/harness/unless.ts, or `context.skip('why')`), never from a title, because Vitest shortens long titles.
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node';
import type {} from '../../test/harness/unless.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Failure {
  readonly name: string;
  readonly errors: readonly unknown[];
  readonly module?: TestModule;
}

export default class ForpostReporter implements Reporter {
  #vitest: Vitest | undefined;
  #files = 0;
  #done = 0;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunStart(specifications: readonly unknown[]): void {
    this.#files = specifications.length;
  }

  onTestModuleEnd(module: TestModule): void {
    this.#done += 1;
    const states = [...module.children.allTests()].map((test) => test.result().state);
    const count = (state: string) => states.filter((found) => found === state).length;
    const skipped = count('skipped') === 0 ? '' : `, ${count('skipped')} skipped`;
    const bad = module.ok() ? '' : ` · ${count('failed')} FAILED`;
    const seconds = (module.diagnostic().duration / 1000).toFixed(1);
    const place = `${String(this.#done).padStart(String(this.#files).length)}/${this.#files}`;
    this.#print(
      `  ${place} ${module.ok() ? '✓' : '✗'} ${nameOf(module)}  ${states.length} tests${skipped}, ${seconds} s${bad}`,
    );
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const failures: Failure[] = [];
    const skips: { readonly name: string; readonly reason: string }[] = [];
    let passed = 0;
    for (const module of modules) {
      for (const broken of brokenSuites(module)) failures.push({ ...broken, module });
      for (const test of module.children.allTests()) {
        const result = test.result();
        const name = `${nameOf(module)} › ${test.fullName}`;
        if (result.state === 'passed') passed += 1;
        else if (result.state === 'failed') failures.push({ name, errors: result.errors, module });
        else {
          const reason = result.state === 'skipped' ? skipReason(test, result.note) : 'it did not finish';
          if (reason === undefined) failures.push({ name, errors: [], module });
          else skips.push({ name, reason });
        }
      }
    }
    for (const error of unhandled) failures.push({ name: 'an error outside of any test', errors: [error] });
    this.#list(failures, skips);
    this.#keep({ passed, failed: failures.length, skipped: skips.length });
  }

  #list(failures: readonly Failure[], skips: readonly { readonly name: string; readonly reason: string }[]): void {
    failures.forEach(({ name, errors, module }, index) => {
      this.#print(`\n── failed ${index + 1}/${failures.length}: ${name}`);
      if (errors.length === 0)
        this.#print(
          '  skipped without a reason: unless("why") of test/harness/unless.ts gives one, or context.skip("why")',
        );
      for (const error of errors)
        this.#vitest?.logger.printError(error, module === undefined ? {} : { project: module.project });
    });
    if (skips.length > 0) this.#print('');
    for (const { name, reason } of skips) this.#print(`  skipped: ${name}\n           because ${reason}`);
  }

  #keep(counts: Counts): void {
    const file = process.env.FORPOST_TEST_RESULT;
    if (file === undefined)
      this.#print(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    else writeFileSync(file, JSON.stringify(counts));
  }

  #print(line: string): void {
    this.#vitest?.logger.log(line);
  }
}

function nameOf(module: TestModule): string {
  return relative(module.project.config.root, module.moduleId);
}

/** Files and suites with errors of their own: the file did not load, or a hook threw. */
function brokenSuites(module: TestModule): { name: string; errors: readonly unknown[] }[] {
  const suites: (TestModule | TestSuite)[] = [module, ...module.children.allSuites()];
  return suites
    .filter((suite) => suite.errors().length > 0)
    .map((suite) => ({
      name: suite.type === 'module' ? nameOf(module) : `${nameOf(module)} › ${suite.fullName}`,
      errors: suite.errors(),
    }));
}

/** The nearest reason: the test's own, or that of a suite around it. */
function skipReason(test: TestCase, note: string | undefined): string | undefined {
  const reason = note ?? test.meta().skipReason;
  if (reason !== undefined) return reason;
  for (let above: TestSuite | TestModule = test.parent; ; above = above.parent) {
    if (above.errors().length > 0) return 'what comes before it failed';
    const ofSuite = above.meta().skipReason;
    if (ofSuite !== undefined) return ofSuite;
    if (above.type === 'module') return undefined;
  }
}
