/** `forpost site …`: the site's document and its revisions, of a running gateway or of its file. */
import { type CommandOption, command } from '@forpost/shared/cli/command.ts';
import { type ConfigOption, configOption } from '../options.ts';

interface JsonOption {
  readonly json?: boolean;
}

interface WhyOption {
  readonly why?: string;
}

interface RevisionOption {
  readonly revision?: string;
}

const json: CommandOption = { flags: '--json', summary: 'print one JSON document' };
const why: CommandOption = { flags: '--why <text>', summary: 'the reason, for the history' };
const revision = (summary: string): CommandOption => ({ flags: '--revision <number>', summary });

export const siteShow = command<ConfigOption & JsonOption & RevisionOption>({
  name: 'site show',
  summary: 'print the document of the site, or of an old revision',
  options: [configOption, revision('this revision instead of the newest'), json],
  async run({ config, ...options }) {
    const { show } = await import('../site.ts');
    await show(config, options);
  },
});

export const siteHistory = command<ConfigOption & JsonOption>({
  name: 'site history',
  summary: 'list the revisions of the site: who changed what, when and why',
  options: [configOption, json],
  async run({ config, ...options }) {
    const { history } = await import('../site.ts');
    await history(config, options);
  },
});

export const siteDiff = command<ConfigOption & JsonOption & RevisionOption>({
  name: 'site diff',
  summary: 'say what a file would change, what was edited by hand in site.yaml, or what changed since a revision',
  arguments: [{ name: '[file]', summary: 'a document; default: site.yaml as it was edited by hand' }],
  options: [configOption, revision('what changed from this revision to the newest'), json],
  async run({ config, ...options }, file?: string) {
    const { diff } = await import('../site.ts');
    await diff(config, file, options);
  },
});

export const siteApply = command<ConfigOption & JsonOption & RevisionOption & WhyOption>({
  name: 'site apply',
  summary: 'take up site.yaml as it was edited by hand, or make a file the new document; a running gateway applies it',
  arguments: [{ name: '[file]', summary: 'the new document; default: site.yaml as it was edited by hand' }],
  options: [configOption, revision('the revision that the file was made from; needed with a file'), why, json],
  async run({ config, ...options }, file?: string) {
    const { apply } = await import('../site.ts');
    await apply(config, file, options);
  },
});

export const siteUndo = command<ConfigOption & JsonOption & RevisionOption & WhyOption>({
  name: 'site undo',
  summary: 'bring an old document back, as a new revision; a running gateway applies it',
  options: [configOption, revision('the revision to go back to; default: the one before the newest'), why, json],
  async run({ config, ...options }) {
    const { undo } = await import('../site.ts');
    await undo(config, options);
  },
});
