/**
 * The command line of the gateway: `forpost init`, `gateway`, `check`, `model`, `devices`, `cameras`, `replay`, `schema`. It reads
 * the command, loads the configuration and hands over to gateway.ts.
 *
 * Always: what a person did wrong is told in plain lines, without a stack, and ends with status 1; an unexpected error
 * keeps its stack. `forpost gateway` prints one JSON line {"ready": …} on standard output when everything is up.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import { requireNode } from '@forpost/shared/node-version.ts';
import { explain, stopWithParent } from '@forpost/shared/run.ts';
import { version } from '@forpost/shared/version.ts';
import { Command } from 'commander';
import type { ReplayCommand } from './replay/replay-command.ts';

requireNode();

const program = new Command('forpost')
  .description('Forpost, an edge gateway: local MQTT broker, video detection, durable outbox, uplink to a centre')
  .version(version, '-V, --version', 'print the version')
  .showSuggestionAfterError()
  .showHelpAfterError('(forpost --help lists the commands)')
  .configureHelp({ sortSubcommands: false });

program
  .command('init')
  .description('make the configuration of a new gateway in a folder, ready to start')
  .argument('<folder>', 'where gateway.yaml, site.yaml and secrets.yaml are to stand')
  .option('--gateway <id>', 'id of the gateway, which never changes (default: a random one)')
  .option('--site <id>', 'id of the site (default: the name of the folder)')
  .option('--timezone <zone>', 'of the site, as Europe/Berlin (default: that of this machine)')
  .action(async (folder: string, options: { gateway?: string; site?: string; timezone?: string }) => {
    const { init } = await import('./cli/init.ts');
    const lines = await init(folder, { ...options, terminal: process.stdout.isTTY === true });
    process.stdout.write(`${lines.join('\n')}\n`);
  });

program
  .command('gateway')
  .description('run the gateway of a site')
  .requiredOption('-c, --config <file>', 'the installation: gateway.yaml')
  .action(async (options: { config: string }) => {
    stopWithParent();
    const { runGateway } = await import('./gateway.ts');
    await runGateway(options.config);
  });

program
  .command('cloud')
  .description('run the centre (forpost cloud --help)')
  .action(() => {
    throw new ForpostError(
      'FORPOST_PART_FAILED',
      'start the centre as "forpost cloud": it stands first on the command line',
    );
  });

program
  .command('check')
  .description('say whether the gateway may start with a configuration, and what is wrong beside it')
  .argument('<file>', 'gateway.yaml')
  .action(async (file: string) => {
    const [{ judge }, { warningText }] = await Promise.all([
      import('./config/judge.ts'),
      import('./config/conditions.ts'),
    ]);
    const { problems, warnings, summary } = await judge(file);
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    for (const warning of warnings) process.stdout.write(`warning: ${warningText(warning)}\n`);
    if (problems.length === 0) process.stdout.write(`${summary}\n`);
    else process.stdout.write(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} found\n`);
    process.exitCode = problems.length === 0 ? 0 : 1;
  });

program
  .command('schema')
  .description('print the JSON Schema of a configuration file, for editors')
  .argument('<which>', 'gateway, site or secrets')
  .action(async (which: string) => {
    const [{ jsonSchemas }, { suggestion }] = await Promise.all([
      import('./config/schemas.ts'),
      import('@forpost/shared/config/nearest.ts'),
    ]);
    const schemas: Readonly<Record<string, unknown>> = jsonSchemas();
    const schema = Object.hasOwn(schemas, which) ? schemas[which] : undefined;
    if (schema === undefined) {
      throw new ForpostError(
        'FORPOST_CONFIG_INVALID',
        `there is no schema "${which}"${suggestion(which, Object.keys(schemas))}`,
      );
    }
    process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
  });

program
  .command('prepare')
  .description('keep the installation’s code ready to run, where the gateway itself may not write to it')
  .action(async () => {
    const { prepare } = await import('@forpost/shared/stripping/stripped.mjs');
    const { made, problem } = prepare();
    if (problem !== undefined)
      throw new ForpostError('FORPOST_PART_FAILED', `the code cannot be kept: ${problem}; run this as whoever owns it`);
    process.stdout.write(`${made === 0 ? 'everything was ready' : `${made} files made ready`}\n`);
  });

const devices = program.command('devices').description('the site’s devices');
devices
  .command('password')
  .description('give a device, consumer or person a new password; it is printed once and kept only as a hash')
  .argument('<id>', 'of the device or consumer, or the log-in name with --console')
  .requiredOption('-c, --config <file>', 'the installation: gateway.yaml')
  .option('--console', 'a person who may open the gateway’s page')
  .option('--viewer', 'a person who sees everything on the page and changes nothing: a screen on a wall')
  .action(async (id: string, options: { config: string; console?: boolean; viewer?: boolean }) => {
    const { setPassword } = await import('./config/passwords.ts');
    const { console: person = false, viewer = false } = options;
    const password = await setPassword(options.config, person || viewer ? 'console' : 'mqtt', id, viewer);
    process.stdout.write(
      `${id}: ${password}\nIt is shown only now. A gateway that runs takes it with: systemctl reload forpost-gateway (or kill -HUP).\n`,
    );
  });

devices
  .command('list')
  .description('list who may log in (devices, then consumers), and what clients were refused')
  .requiredOption('-c, --config <file>', 'the installation: gateway.yaml')
  .action(async (options: { config: string }) => {
    const { listDevices } = await import('./cli/list-devices.ts');
    for (const line of await listDevices(options.config)) process.stdout.write(`${line}\n`);
  });

const cameras = program.command('cameras').description('the site’s cameras');
cameras
  .command('fingerprint')
  .description(
    'show the certificate of a camera with rtsps:// or https://, to be pinned in site.yaml; no log-in is sent',
  )
  .argument('<id>', 'of the camera')
  .requiredOption('-c, --config <file>', 'the installation: gateway.yaml')
  .action(async (id: string, options: { config: string }) => {
    const [{ loadInstallation }, { loadSite }, { cameraFingerprint }] = await Promise.all([
      import('./config/load-installation.ts'),
      import('./config/load-site.ts'),
      import('./vision/camera-fingerprint.ts'),
    ]);
    const { site_file: siteFile, secrets_file: secretsFile } = loadInstallation(options.config);
    process.stdout.write(`${await cameraFingerprint(loadSite(siteFile, secretsFile).site.cameras, id)}\n`);
  });

program
  .command('replay')
  .description(
    'send events again that the outbox still keeps; the centre knows them by their ids and tells nobody anew',
  )
  .requiredOption('-c, --config <file>', 'the installation: gateway.yaml')
  .requiredOption('--lane <lane>', 'alerts or telemetry')
  .requiredOption('--from <number|time>', 'first event: its number, or when the gateway took it (2026-06-01T10:00:00Z)')
  .requiredOption('--to <number|time>', 'last event: its number (inclusive), or a time (exclusive)')
  .option('--epoch <epoch>', 'whose numbers are meant, where several are kept')
  .option('--sink <name...>', 'only to these uplinks (default: all)')
  .action(async (options: ReplayCommand) => {
    const { runReplay } = await import('./replay/replay-command.ts');
    await runReplay(options);
  });

const model = program.command('model').description('detection models');
model
  .command('add')
  .description('install a detection model: a file, a name of the catalogue, or one that another box runs')
  .argument('<model>', 'FILE.onnx, a name as yolox-nano, or grpcs://HOST:PORT/MODEL of one that runs on another box')
  .requiredOption('-c, --config <file>', 'the installation: gateway.yaml')
  .option('--classes <file>', 'names of the classes, one a line (default: the 80 of COCO)')
  .option('--name <name>', 'what cameras call it (default: the file’s name)')
  .option('--size <pixels>', 'a side of the picture, for a model that takes any', Number)
  .option('--kind <kind>', 'the family to take it for, where its shapes mislead: yolox, yolo, yolo-end-to-end, rt-detr')
  .option('--token-file <file>', 'what another box wants to hear: a file with its token')
  .option('--ca <file>', 'who signed the other box’s certificate (PEM), where that is no public authority')
  .action(async (which: string, options: ModelAddCommand) => {
    const [{ addModel }, folder] = await Promise.all([import('./vision/models.ts'), modelsFolder(options.config)]);
    const { ca: caFile, config: _config, ...rest } = options;
    const card = await addModel(which, folder, {
      ...rest,
      ...(caFile === undefined ? {} : { caFile }),
      progress: (text) => process.stderr.write(`${text}\n`),
    });
    process.stdout.write(
      `${card.name}: ${card.kind}, ${card.inputSize} x ${card.inputSize} pixels, ${card.classes.length} classes, ${card.measuredMs.toFixed(1)} ms a frame ${card.remote === undefined ? 'here' : 'over the network'}\n` +
        `Use it with "detector: ${card.name}" at a camera, then restart the gateway.\n`,
    );
  });
model
  .command('list')
  .description('list the installed models, and what the catalogue has')
  .requiredOption('-c, --config <file>', 'the installation: gateway.yaml')
  .action(async (options: { config: string }) => {
    const [{ listModels }, { catalogue }, folder] = await Promise.all([
      import('./vision/models.ts'),
      import('./vision/catalogue.ts'),
      modelsFolder(options.config),
    ]);
    const line = (...parts: string[]) => process.stdout.write(`${parts.join('\t')}\n`);
    const cards = await listModels(folder, (problem) => process.stderr.write(`${problem}\n`));
    for (const { name, kind, inputSize, measuredMs, source } of cards)
      line(name, kind, `${inputSize} px`, `${measuredMs.toFixed(1)} ms`, source);
    line('motion', 'built in');
    for (const { name, title, licence, inputSize, classes } of catalogue)
      if (!cards.some((card) => card.name === name))
        line(name, 'can be added', `${inputSize} px`, `${classes.length} classes`, `${title} (${licence})`);
  });
model
  .command('remove')
  .description('take an installed model away')
  .argument('<name>', 'as cameras call it')
  .requiredOption('-c, --config <file>', 'the installation: gateway.yaml')
  .action(async (name: string, options: { config: string }) => {
    const [{ removeModel }, folder] = await Promise.all([import('./vision/models.ts'), modelsFolder(options.config)]);
    await removeModel(name, folder);
    process.stdout.write(`${name} is gone; a camera that names it is off from the next start on.\n`);
  });

interface ModelAddCommand {
  readonly config: string;
  readonly classes?: string;
  readonly name?: string;
  readonly size?: number;
  readonly kind?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
}

async function modelsFolder(config: string): Promise<string> {
  const [{ loadInstallation }, { join }] = await Promise.all([
    import('./config/load-installation.ts'),
    import('node:path'),
  ]);
  return join(loadInstallation(config).data, 'models');
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}
