#!/usr/bin/env node
// The command `forpost`. Plain JavaScript, so that an older Node can print the message below.
const oldestNode = 24;
if (Number.parseInt(process.versions.node, 10) < oldestNode) {
  process.stderr.write(
    `forpost needs Node ${oldestNode} or newer; this is Node ${process.versions.node}. Start it through npm, which brings Node ${oldestNode}.\n`,
  );
  process.exit(1);
}
const [command] = process.argv.slice(2);
if (command === 'gateway' || command === 'cloud') {
  const { startAnew } = await import('./shared/stripping/start-anew.mjs');
  await startAnew(command);
} else if (command === 'check' || command === 'schema') {
  // the gateway and the centre both have these two commands
  const { wordsOfSide } = await import('./shared/cli/side.ts');
  process.argv.splice(2, process.argv.length, ...wordsOfSide(process.argv.slice(2)));
}
await import(process.argv[2] === 'cloud' ? './cloud/main.ts' : './edge/main.ts');
