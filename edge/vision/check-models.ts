/** Checks the models that cameras name, for `forpost check`. Reads cards and opens no model. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { suggestion } from '@forpost/shared/config/nearest.ts';
import type { Problem } from '@forpost/shared/config/yaml.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { CameraConfig } from '../site/site.ts';
import { builtInModel, readCrashNote, readModelCard } from './cards.ts';

/** A problem that only the command line and the log show: the vision process says on the page what it runs. */
type ModelProblem = Pick<Problem, 'path'> & { readonly message: string };

/**
 * Returns problems with their paths in the site's file. Never rejects, whatever that file or the models folder holds.
 */
export async function checkModels(cameras: readonly CameraConfig[], modelsFolder: string): Promise<ModelProblem[]> {
  const problems: ModelProblem[] = [];
  for (const [index, { id, detector = builtInModel.name, classes = [] }] of cameras.entries()) {
    const path = ['cameras', index];
    let known: readonly string[];
    let why: string | undefined;
    try {
      known = await classesOf(detector, modelsFolder);
      why = await readCrashNote(detector, modelsFolder);
    } catch (error) {
      problems.push({ path: [...path, 'detector'], message: `camera "${id}": ${messageOf(error)}` });
      continue;
    }
    if (why !== undefined)
      problems.push({
        path: [...path, 'detector'],
        message: `camera "${id}": the model "${detector}" ${why}, and the built-in motion model watches instead: add the model again with forpost model add, or choose another`,
      });
    for (const [at, name] of classes.entries())
      if (!known.includes(name))
        problems.push({
          path: [...path, 'classes', at],
          message: `camera "${id}": the model "${detector}" knows no "${name}"${suggestion(name, known)}`,
        });
  }
  return problems;
}

async function classesOf(model: string, modelsFolder: string): Promise<readonly string[]> {
  if (model === builtInModel.name) return builtInModel.classes;
  const { classes, remote } = await readModelCard(model, modelsFolder);
  if (remote === undefined)
    await access(join(modelsFolder, `${model}.onnx`)).catch(() => {
      throw new Error(`the file of model "${model}" is not there: add it again with forpost model add`);
    });
  return classes;
}
