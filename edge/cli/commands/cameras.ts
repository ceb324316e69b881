/** `forpost cameras …`: shows a camera's certificate, for the installer to check before site.yaml trusts it. */
import { command } from '@forpost/shared/cli/command.ts';
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
