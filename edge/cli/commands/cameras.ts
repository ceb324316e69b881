/** `forpost cameras …`: finds, tests and adds cameras, and shows a camera's certificate before it is trusted. */
import { type CommandOption, command } from '@forpost/shared/cli/command.ts';
import type { AddOptions, FindOptions, TestOptions } from '../cameras.ts';
import { type ConfigOption, configOption } from '../options.ts';

export const camerasFingerprint = command<ConfigOption>({
  name: 'cameras fingerprint',
  summary:
    'show the certificate of a camera with rtsps:// or https://, for its fingerprint in site.yaml; sends no log-in',
  arguments: [{ name: '<id>', summary: 'id of the camera' }],
  options: [configOption],
  async run({ config }, id) {
    const [{ loadInstallation }, { loadSite }, { cameraFingerprint }] = await Promise.all([
      import('../../config/load-installation.ts'),
      import('../../config/load-site.ts'),
      import('../../vision/camera-fingerprint.ts'),
    ]);
    const { site_file: siteFile, secrets_file: secretsFile } = loadInstallation(config);
    process.stdout.write(`${await cameraFingerprint(loadSite(siteFile, secretsFile).site.cameras, id)}\n`);
  },
});

const json: CommandOption = { flags: '--json', summary: 'print one JSON document' };
const fingerprint: CommandOption = {
  flags: '--fingerprint <sha256:…>',
  summary: 'fingerprint of the camera’s own certificate, for https:// and rtsps://',
};
const login: readonly CommandOption[] = [
  { flags: '--user <name>', summary: 'user name at the camera' },
  { flags: '--password-file <file>', summary: 'file with the password; - is standard input' },
  { flags: '--password-env <name>', summary: 'environment variable with the password' },
];

export const camerasFind = command<FindOptions>({
  name: 'cameras find',
  summary: 'search the networks of this machine for cameras (ONVIF, WS-Discovery); needs no running gateway',
  options: [{ flags: '--seconds <number>', summary: 'how long answers are awaited; default 5' }, json],
  async run(options) {
    const { find } = await import('../cameras.ts');
    await find(options);
  },
});

export const camerasTest = command<TestOptions>({
  name: 'cameras test',
  summary: 'test a camera: codec, size, rate, key frames, and what is wrong; changes nothing',
  arguments: [
    { name: '<camera>', summary: 'address of a camera or of its stream, or with --config the id of one of the site' },
  ],
  options: [
    { flags: '-c, --config <file>', summary: 'the gateway’s file: gateway.yaml' },
    { flags: '--main <url>', summary: 'a second stream of the same camera' },
    ...login,
    fingerprint,
    json,
  ],
  async run(options, camera) {
    const { test } = await import('../cameras.ts');
    await test(camera, options);
  },
});

export const camerasAdd = command<ConfigOption & AddOptions>({
  name: 'cameras add',
  summary: 'add a camera to the site, or change its addresses, with its log-in; a running gateway applies it',
  arguments: [{ name: '<id>', summary: 'id of the camera; never changes' }],
  options: [
    configOption,
    { flags: '--url <url>', summary: 'stream that is analysed', required: true },
    { flags: '--main-url <url>', summary: 'stream that is recorded; default: the same' },
    { flags: '--name <name>', summary: 'name for people' },
    { flags: '--place <place>', summary: 'where it is' },
    { flags: '--transport <tcp|udp>', summary: 'transport of rtsp://; default tcp', choices: ['tcp', 'udp'] },
    ...login,
    fingerprint,
    { flags: '--why <text>', summary: 'the reason, for the history' },
    json,
  ],
  async run({ config, ...options }, id) {
    const { add } = await import('../cameras.ts');
    await add(config, id, options);
  },
});
