/** `forpost model …`: installs, lists and removes detection models. */
import { command } from '@forpost/shared/cli/command.ts';
import { type ConfigOption, configOption } from '../options.ts';

interface AddOptions extends ConfigOption {
  readonly classes?: string;
  readonly name?: string;
  readonly size?: number;
  readonly kind?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
}

export const modelAdd = command<AddOptions>({
  name: 'model add',
  summary: 'install a detection model: a file, a model of the catalogue, or a model that another machine runs',
  arguments: [
    {
      name: '<model>',
      summary: 'FILE.onnx, a name such as yolox-nano, or grpcs://HOST:PORT/MODEL of a model on another machine',
    },
  ],
  options: [
    configOption,
    { flags: '--classes <file>', summary: 'names of the classes, one a line (default: the 80 of COCO)' },
    { flags: '--name <name>', summary: 'name of the model for cameras (default: the file’s name)' },
    { flags: '--size <pixels>', summary: 'side of the picture, for a model that takes any size', parse: Number },
    {
      flags: '--kind <kind>',
      summary: 'family of the model, where its shapes are ambiguous: yolox, yolo, yolo-end-to-end, rt-detr',
    },
    { flags: '--token-file <file>', summary: 'file with the token for the other machine' },
    {
      flags: '--ca <file>',
      summary: 'PEM file with the CA of the other machine’s certificate (default: the public CAs)',
    },
  ],
  async run({ config, ca: caFile, ...rest }, which) {
    const [{ addModel }, folder] = await Promise.all([import('../../vision/models.ts'), modelsFolder(config)]);
    const card = await addModel(which, folder, {
      ...rest,
      ...(caFile === undefined ? {} : { caFile }),
      progress: (text) => process.stderr.write(`${text}\n`),
    });
    process.stdout.write(
      `${card.name}: ${card.kind}, ${card.inputSize} x ${card.inputSize} pixels, ${card.classes.length} classes, ${card.measuredMs.toFixed(1)} ms a frame ${card.remote === undefined ? 'here' : 'over the network'}\n` +
        `Use it with "detector: ${card.name}" at a camera, then restart the gateway.\n`,
    );
  },
});

export const modelList = command<ConfigOption>({
  name: 'model list',
  summary: 'list the installed models, and those of the catalogue',
  options: [configOption],
  async run({ config }) {
    const [{ listModels }, { catalogue }, folder] = await Promise.all([
      import('../../vision/models.ts'),
      import('../../vision/catalogue.ts'),
      modelsFolder(config),
    ]);
    const line = (...parts: string[]) => process.stdout.write(`${parts.join('\t')}\n`);
    const cards = await listModels(folder, (problem) => process.stderr.write(`${problem}\n`));
    for (const { name, kind, inputSize, measuredMs, source } of cards)
      line(name, kind, `${inputSize} px`, `${measuredMs.toFixed(1)} ms`, source);
    line('motion', 'built in');
    for (const { name, title, licence, inputSize, classes } of catalogue)
      if (!cards.some((card) => card.name === name))
        line(name, 'can be added', `${inputSize} px`, `${classes.length} classes`, `${title} (${licence})`);
  },
});

export const modelRemove = command<ConfigOption>({
  name: 'model remove',
  summary: 'remove an installed model',
  arguments: [{ name: '<name>', summary: 'name of the model' }],
  options: [configOption],
  async run({ config }, name) {
    const [{ removeModel }, folder] = await Promise.all([import('../../vision/models.ts'), modelsFolder(config)]);
    await removeModel(name, folder);
    process.stdout.write(`${name} is removed; from the next start on, a camera that names it is off.\n`);
  },
});

async function modelsFolder(config: string): Promise<string> {
  const [{ loadInstallation }, { join }] = await Promise.all([
    import('../../config/load-installation.ts'),
    import('node:path'),
  ]);
  return join(loadInstallation(config).data, 'models');
}
