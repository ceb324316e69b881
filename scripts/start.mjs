// `npm start`: sets this machine up and runs the demo site until Ctrl-C.
// Old Nodes must get as far as the line about them: nothing newer than they know stands above the import.
if (parseInt(process.versions.node, 10) < 20) {
  process.stderr.write(
    `forpost needs Node 20 or newer to set itself up, and this is ${process.versions.node}: https://nodejs.org\n`,
  );
  process.exit(1);
}
import('./set-up/launch.mjs').then((launch) => launch.launch('start', 'scripts/demo/demo.ts', process.argv.slice(2)));
