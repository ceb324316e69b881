/**
 * kafkajs' consumer without a loop that never ends. Where the brokers change while a consumer stops (one of three has
 * died, and the consumer is thrown away for it), `FetchManager.start` makes new fetchers after `Runner.stop` has ended
 * the old ones. These ask `Runner.fetch`, which answers at once that there is nothing, because the consumer is not
 * running, and they ask again: in microtasks alone, so that the thread does nothing else ever again and hears no signal.
 *
 * Always: a consumer that runs is not touched. A fetcher of one that does not is ended by an error; in an orderly stop
 * none gets as far, because `Runner.stop` ends them in the turn in which the consumer stops running.
 */
import { createRequire } from 'node:module';

interface Runner {
  readonly running: boolean;
  fetch(nodeId: string): Promise<readonly unknown[]>;
}

const ended = new WeakSet<object>();

/** Changes the class for the whole process, once. `importer`: the `import.meta.url` of who has kafkajs among its packages. */
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

/** Another version of kafkajs may have moved it: then it stays as it is. */
function isRunnerClass(runner: unknown): runner is { readonly prototype: Runner } {
  return typeof runner === 'function' && typeof runner.prototype?.fetch === 'function';
}
