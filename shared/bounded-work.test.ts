import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Runs a program with `runUntilSignal`; returns its exit status and its output. */
function run(body: string) {
  const program = `
    import { EventEmitter } from 'node:events';
    import { within, contained } from '@forpost/shared/bounded-work.ts';
    import { silentLogger } from '@forpost/shared/logging.ts';
    import { runUntilSignal } from '@forpost/shared/run.ts';
    const ended = [];
    const work = (name) => ({ failed: (error) => ended.push(name + ': ' + error.message) });
    const end = () => { process.stdout.write(ended.sort().join('|') + '\\n'); process.exit(7); };
    const root = { start: async () => { ${body} }, stop: async () => undefined };
    await runUntilSignal(root, silentLogger(), () => ({}));`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return { status, said: stdout.trim().split('\n').at(-1) };
}

test('an unhandled error on any path ends the work in which it arose, and not the process', () => {
  const { status, said } = run(`
    const breaks = () => { throw new Error('broken'); };
    contained(work('call'), breaks);
    within(work('immediate'), () => setImmediate(breaks));
    within(work('timer'), () => setTimeout(breaks, 1));
    within(work('tick'), () => process.nextTick(breaks));
    within(work('microtask'), () => queueMicrotask(breaks));
    within(work('promise'), () => void Promise.resolve().then(breaks));
    within(work('async'), async () => { await new Promise((done) => setTimeout(done, 1)); breaks(); });
    within(work('event'), () => setImmediate(() => new EventEmitter().emit('error', new Error('broken'))));
    const shared = Promise.withResolvers();
    within(work('waits'), () => void shared.promise.then(breaks));
    within(work('resolves'), () => setTimeout(() => shared.resolve(), 1));
    setTimeout(end, 100);`);
  expect(said?.split('|')).toEqual(
    ['async', 'call', 'event', 'immediate', 'microtask', 'promise', 'tick', 'timer', 'waits'].map(
      (name) => `${name}: broken`,
    ),
  );
  expect(status).toBe(7);
});

test('the process ends after an error outside any work, or in work that cannot be ended', () => {
  expect(run(`setImmediate(() => { throw new Error('mine'); }); setTimeout(end, 1000);`).status).toBe(1);
  const cannotEnd = `within({ failed: () => { throw new Error('no'); } }, () => setImmediate(() => { throw new Error('broken'); }));`;
  expect(run(`${cannotEnd} setTimeout(end, 1000);`).status).toBe(1);
});
