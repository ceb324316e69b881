// `npm start`: sets this machine up and runs the demo site until Ctrl-C.
// An old Node must get as far as the message below: nothing newer than Node 12 may stand above the import.
if (parseInt(process.versions.node, 10) < 20) {
  process.stderr.write(
    `forpost set-up needs Node 20 or newer; this is Node ${process.versions.node}. Install a newer one: https://nodejs.org\n`,
  );
  process.exit(1);
}
import('./set-up/launch.mjs').then((launch) => launch.launch('start', 'scripts/demo/demo.ts', process.argv.slice(2)));
