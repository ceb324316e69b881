// Sets a fresh machine up for `npm start` and `npm test`: npm packages, Node 24, system packages, Kafka, the web page.
// Plain JavaScript, because the system's own Node (20 or newer) runs this file before anything is installed.
//
// Always: set-up announces what it will install before it installs; a part that is there already prints nothing; a
// failed step names itself, the reason and its log; without root, set-up prints the command to run and changes nothing.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  aptCandidates,
  aptCommand,
  howToInstall,
  javaMajor,
  missingNeeds,
  npmReason,
  packageNames,
  packagesFor,
  withoutPart,
} from './set-up/plan.mjs';
import { outputOf, SetUpError, say, step } from './set-up/progress.mjs';

export { SetUpError } from './set-up/progress.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));
const logs = join(root, '.forpost/logs');
const bundledNode = join(root, 'node_modules/node/bin/node');
const oldestNode = 24;
/** For the packages' install scripts: a gateway does not use the detector's GPU libraries. */
const installEnv = { ONNXRUNTIME_NODE_INSTALL: 'skip' };

/**
 * Prepares everything. `purpose`: 'start' | 'test'; `wanted`: {kafka: 'own' | 'existing' | 'none', camera: boolean}.
 * Returns {node, withoutKafka, withoutCamera}: the path of Node 24, and the reasons why Kafka or the camera is missing.
 * @throws SetUpError with a message for the person who started npm
 */
export async function setUp(purpose, wanted) {
  const begun = Date.now();
  const [seen, npm] = await Promise.all([lookAround(purpose), findNpm()]);
  const missing = missingNeeds(purpose, seen, wanted);
  const why = npmPackagesReason();
  const install = missing.length > 0 ? howToInstall(seen) : 'root';
  if (missing.length > 0) announceSystem(missing, install, purpose);
  if (why !== undefined) say(`Forpost installs its npm packages: ${why} (about 1.4 GB on disk, in node_modules/)`);

  // At the same time: apt mostly waits for its mirrors, npm for its registry.
  const settled = await Promise.allSettled([
    missing.length > 0 ? installSystem(missing, install, purpose) : [],
    why !== undefined ? installNpmPackages(npm) : undefined,
  ]);
  for (const { status, reason } of settled) if (status === 'rejected') throw reason;
  const cannot = settled[0].value;
  const node = await findNode24(npm);

  let withoutKafka = withoutPart('kafka', cannot);
  if (wanted.kafka === 'own' && withoutKafka === undefined) withoutKafka = await bringKafka(node);
  await buildWebPage(node);
  if (Date.now() - begun > 5_000) say(`set-up is complete (${Math.round((Date.now() - begun) / 1000)} s)`);
  return { node, withoutKafka, withoutCamera: withoutPart('camera', cannot) };
}

async function lookAround(purpose) {
  const terminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  const java = process.env.JAVA_HOME === undefined ? 'java' : join(process.env.JAVA_HOME, 'bin/java');
  const sudo = onPath('sudo') !== undefined;
  const rootUser = process.getuid?.() === 0;
  const [javaSaid, sudoFree] = await Promise.all([
    onPath(java) === undefined ? undefined : outputOf(java, ['-version']),
    sudo && !rootUser ? outputOf('sudo', ['-n', 'true']) : undefined,
  ]);
  return {
    ffmpeg: onPath('ffmpeg') !== undefined && onPath('ffprobe') !== undefined,
    rtsp: rtspServerIsThere(),
    java: javaSaid?.code === 0 ? javaMajor(javaSaid.output) : undefined,
    maven: onPath('mvn') !== undefined,
    kafkaJars: kafkaJarsAreThere(),
    chromium: purpose === 'test' ? findChromium() : undefined,
    strace: onPath('strace') !== undefined && onPath('ip') !== undefined,
    apt: onPath('apt-get') !== undefined,
    root: rootUser,
    sudo,
    sudoFree: sudoFree?.code === 0,
    terminal,
  };
}

/** The first folder on PATH that has this command, without node_modules/.bin. */
function onPath(command) {
  if (command.includes('/')) return existsSync(command) ? command : undefined;
  return systemPath()
    .split(':')
    .map((folder) => join(folder, command))
    .find((file) => existsSync(file) && statSync(file).isFile());
}

function systemPath() {
  const folders = (process.env.PATH ?? '/usr/bin:/bin').split(':');
  return folders.filter((folder) => folder !== '' && !folder.includes('node_modules')).join(':');
}

/** Whether the system's Python has GStreamer's RTSP server: type description, binding, plugins for H.264 and RTP. */
function rtspServerIsThere() {
  if (!existsSync('/usr/bin/python3') || !existsSync('/usr/lib/python3/dist-packages/gi/__init__.py')) return false;
  const libraries = readdirSync('/usr/lib').filter((name) => name.includes('linux-gnu'));
  return libraries.some(
    (folder) =>
      existsSync(`/usr/lib/${folder}/girepository-1.0/GstRtspServer-1.0.typelib`) &&
      ['libgstrtp.so', 'libgstvideoparsersbad.so'].every((plugin) =>
        existsSync(`/usr/lib/${folder}/gstreamer-1.0/${plugin}`),
      ),
  );
}

export function findChromium() {
  const named = process.env.FORPOST_CHROMIUM;
  if (named !== undefined) return existsSync(named) ? named : undefined;
  // Ubuntu's /usr/bin/chromium-browser only starts a snap, and servers have no snaps.
  return ['chromium', 'google-chrome', 'google-chrome-stable'].map(onPath).find((found) => found !== undefined);
}

function kafkaJarsAreThere() {
  const cache = process.env.FORPOST_CACHE ?? join(root, '.forpost/cache');
  if (!existsSync(cache)) return false;
  return readdirSync(cache).some(
    (name) => /^kafka-[0-9a-f]{12}$/.test(name) && existsSync(join(cache, name, 'complete')),
  );
}

function words(list) {
  return list.map((need) => need.what).join(' and ');
}

/** Names the missing packages and the next step, before anything is installed. @throws SetUpError where a person must install them */
function announceSystem(missing, install, purpose) {
  say('This system lacks these programs, which Forpost uses:');
  for (const { what, why } of missing) say(`  ${what}: ${why}`);
  if (install !== 'no-apt' && install !== 'not') return;
  const how =
    install === 'no-apt'
      ? `This system has no apt: install them with its own package manager (their Debian names: ${packagesFor(missing).packages.join(' ')}).`
      : `Only root may install them, and sudo cannot ask for a password without a terminal. Run:\n\n  ${aptCommand(packagesFor(missing).packages, false)}\n`;
  if (missing.some((need) => need.neededFor.includes(purpose)))
    throw new SetUpError(`${how} Then run npm ${purpose} again.`);
  say(how);
  say(`Until then, npm ${purpose} runs without them.`);
}

/** Returns the needs that apt has no package for or failed to install. @throws SetUpError for a need that `purpose` cannot do without */
async function installSystem(missing, install, purpose) {
  if (install === 'no-apt' || install === 'not') return missing;
  const sudo = install === 'root' ? [] : ['sudo'];
  if (install === 'sudo-asks') await askForSudo();
  const env = { ...process.env, LC_ALL: 'C', PATH: systemPath() };
  const apt = (run, ...args) => {
    const [command, ...rest] = [
      ...sudo,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      '-o',
      'DPkg::Lock::Timeout=120',
      '-o',
      'Acquire::Retries=3',
      ...args,
    ];
    return run(command, rest, { env });
  };
  await step('apt: update of the package lists', join(logs, 'apt-update.log'), (run) => apt(run, 'update'));
  const { output } = await outputOf('apt-cache', ['policy', ...packageNames(missing)], { env });
  const candidates = aptCandidates(output);
  const essential = packagesFor(
    missing.filter((need) => need.neededFor.includes(purpose)),
    candidates,
  );
  if (essential.cannot.length > 0)
    throw new SetUpError(
      `apt has no package for ${words(essential.cannot)}: install it by hand, then run npm ${purpose} again`,
    );
  const others = missing.filter((need) => !need.neededFor.includes(purpose));
  const rest = packagesFor(others, candidates);
  await announceSize([...essential.packages, ...rest.packages], env);
  const installPackages = (packages) =>
    step(`apt: ${packages.join(' ')}`, join(logs, `apt-${packages[0]}.log`), (run) =>
      apt(run, 'install', '-y', '--no-install-recommends', ...packages),
    );
  if (essential.packages.length > 0) await installPackages(essential.packages);
  if (rest.packages.length === 0) return rest.cannot;
  try {
    await installPackages(rest.packages);
    return rest.cannot;
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    say(error.message);
    return others;
  }
}

async function announceSize(packages, env) {
  if (packages.length === 0) return;
  const { output } = await outputOf('apt-get', ['install', '--assume-no', '--no-install-recommends', ...packages], {
    env,
  });
  const size = /Need to get [^\n]*?([0-9.,]+ [kMG]?B) of archives/.exec(output);
  say(`Forpost installs with apt: ${packages.join(' ')}${size === null ? '' : ` (${size[1]} to download)`}`);
}

async function askForSudo() {
  say('sudo asks for your password to install these packages:');
  const { spawnSync } = await import('node:child_process');
  if (spawnSync('sudo', ['-v'], { stdio: 'inherit' }).status !== 0)
    throw new SetUpError('sudo refused the password: nothing was installed');
}

/** The npm that started this process, as its command and first arguments, on the Node that runs it. @throws SetUpError */
async function findNpm() {
  const { npm_execpath: npmScript, npm_node_execpath: npmNode } = process.env;
  const ours = (file) => file.startsWith(join(root, 'node_modules'));
  if (npmScript !== undefined && /npm-cli\.c?js$/.test(npmScript) && existsSync(npmScript)) {
    const node = npmNode !== undefined && !ours(npmNode) && existsSync(npmNode) ? npmNode : onPath('node');
    if (node !== undefined) return [node, npmScript];
  }
  const npm = onPath('npm');
  if (npm === undefined)
    throw new SetUpError('npm is not installed: install Node (https://nodejs.org) or the package npm');
  return [npm];
}

function npmPackagesReason() {
  const marker = join(root, 'node_modules/.forpost-lock');
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const hash = createHash('sha256').update(lock).digest('hex');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return undefined;
  const hidden = join(root, 'node_modules/.package-lock.json');
  const installed = existsSync(hidden) ? JSON.parse(readFileSync(hidden, 'utf8')).packages : undefined;
  const reason = npmReason(JSON.parse(lock).packages, installed);
  if (reason === undefined) writeFileSync(marker, hash);
  return reason;
}

/**
 * Runs no install scripts of packages: native packages bring compiled files, and npm would still compile SQLite again,
 * with headers from nodejs.org. Only the package `node` needs its script (`findNode24`).
 */
async function installNpmPackages([command, ...first]) {
  await step('npm packages (npm ci)', join(logs, 'npm-ci.log'), (run) =>
    run(command, [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=http'], {
      cwd: root,
      env: npmEnv(),
    }),
  );
  npmPackagesReason();
}

/** The environment without npm's settings for the present command, and without the Node in node_modules, which npm replaces. */
function npmEnv() {
  const passed = Object.entries(process.env).filter(
    ([name]) => !/^npm_(config_(local_prefix|global_prefix|prefix|noproxy)|package_|lifecycle_|command)/.test(name),
  );
  return { ...Object.fromEntries(passed), ...installEnv, PATH: systemPath() };
}

/** The Node that will run Forpost: the project's own, whose install script runs here. @throws SetUpError */
async function findNode24(npm) {
  if (await isNode24(bundledNode)) return bundledNode;
  const folder = join(root, 'node_modules/node');
  if (existsSync(join(folder, 'installArchSpecificPackage.js'))) {
    const node = npm.length > 1 ? npm[0] : process.execPath;
    const env = { ...npmEnv(), PATH: `${dirname(node)}:${systemPath()}` };
    try {
      await step('Node 24 (package node of npm)', join(logs, 'node-24.log'), (run) =>
        run(node, ['installArchSpecificPackage'], { cwd: folder, env }),
      );
    } catch (error) {
      if (!(error instanceof SetUpError)) throw error;
      say(error.message);
    }
    if (await isNode24(bundledNode)) return bundledNode;
  }
  if (Number.parseInt(process.versions.node, 10) >= oldestNode) return process.execPath;
  throw new SetUpError(
    'npm could not install Node 24: its package "node" must run its install script (npm approve-scripts node, npm rebuild node). Any other Node 24 on your PATH works too.',
  );
}

async function isNode24(file) {
  if (!existsSync(file)) return false;
  const { code, output } = await outputOf(file, ['--version']);
  return code === 0 && Number.parseInt(output.replace(/^v/, ''), 10) >= oldestNode;
}

/** Installs Kafka. Returns the reason of a failure, or undefined. */
async function bringKafka(node) {
  if (kafkaJarsAreThere()) {
    const { code, output } = await outputOf(node, [join(root, 'scripts/set-up/kafka-jars.ts')], { cwd: root });
    return code === 0 ? undefined : output.trim();
  }
  try {
    await step('Apache Kafka from Maven Central (54 MB)', join(logs, 'kafka-jars.log'), (run) =>
      run(node, [join(root, 'scripts/set-up/kafka-jars.ts')], { cwd: root }),
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    return error.message;
  }
}

/** Builds the centre's page when its sources have changed since the last build. */
async function buildWebPage(node) {
  const folder = join(root, 'cloud/web');
  if (!existsSync(join(folder, 'index.html'))) return;
  const built = join(folder, 'dist/.built-from');
  const now = hashOfFolder(folder);
  if (existsSync(built) && readFileSync(built, 'utf8') === now) return;
  await step('the centre’s web page (vite build)', join(logs, 'web.log'), (run) =>
    run(node, [join(root, 'node_modules/vite/bin/vite.js'), 'build', 'cloud/web'], { cwd: root }),
  );
  writeFileSync(built, now);
}

/** The hash of the page's sources and of the locked packages that build it. */
function hashOfFolder(folder) {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  for (const name of readdirSync(folder, { recursive: true }).sort()) {
    const file = join(folder, name);
    if (/^(dist|node_modules)(\/|$)|\.test\.tsx?$/.test(name) || !statSync(file).isFile()) continue;
    hash.update(name).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}
