/**
 * kafkajs' consumer without an endless loop. When the brokers change while a consumer stops (one of three has died, and
 * the consumer is discarded for it), `FetchManager.start` makes new fetchers after `Runner.stop` has ended the old ones.
 * The new ones call `Runner.fetch`, which returns nothing at once because the consumer is not running, and they call it
 * again: in microtasks alone, so that the thread does nothing else and hears no signal.
 *
 * Always: a running consumer is not touched. An error ends a stopped consumer's fetcher; an orderly stop never gets
 * that far, because `Runner.stop` ends the fetchers in the same turn in which the consumer stops.
 */
import { createRequire } from 'node:module';

interface Runner {
  readonly running: boolean;
  fetch(nodeId: string): Promise<readonly unknown[]>;
}

const ended = new WeakSet<object>();

/** Changes the class for the whole process, once. `importer`: `import.meta.url` of a package that depends on kafkajs. */
export function endStoppedFetchers(importer: string): void {
  const runner: unknown = createRequire(importer)('kafkajs/src/consumer/runner');
  if (!isRunnerClass(runner) || ended.has(runner)) return;
  ended.add(runner);
  const { prototype } = runner;
  const fetch = prototype.fetch;
  prototype.fetch = async function (this: Runner, nodeId) {
    if (!this.running) throw new Error('the consumer has stopped');
    return fetch.call(this, nodeId);
  };
}

/** Checks the expected shape: a kafkajs that has changed stays untouched. */
function isRunnerClass(runner: unknown): runner is { readonly prototype: Runner } {
  return typeof runner === 'function' && typeof runner.prototype?.fetch === 'function';
}
