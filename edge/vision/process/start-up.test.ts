import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('the main thread does not load slow libraries at start, so that a killed vision process is soon back', async () => {
  const program = `
    import { registerHooks } from 'node:module';
    const packages = new Set();
    registerHooks({
      resolve(specifier, context, next) {
        if (/^[a-z@]/.test(specifier) && !specifier.startsWith('node:')) packages.add(specifier.split('/')[0]);
        return next(specifier, context);
      },
    });
    await import(${JSON.stringify(new URL('./main.ts', import.meta.url).href)});
    console.log(JSON.stringify([...packages]));
    process.exit();`;
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { cwd });
  const packages = JSON.parse(stdout) as string[];
  expect(packages).toContain('pino');
  for (const heavy of ['onnxruntime-node', 'protobufjs', 'sharp', '@grpc', 'typebox', 'ajv'])
    expect(packages).not.toContain(heavy);
});
