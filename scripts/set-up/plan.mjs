// The decisions of set-up, as pure functions of a description of the machine. Nothing in this file looks at the machine.
//
// Always: set-up installs nothing twice; the demo starts with the programs that the machine has, and names the part
// that it leaves out (Kafka without Java, the camera without ffmpeg); the tests need ffmpeg; a user who may not install
// packages gets one command to pass on.

/** Java packages that run Kafka 4, the preferred one first. */
const javaPackages = [
  'openjdk-21-jre-headless',
  'openjdk-17-jre-headless',
  'openjdk-25-jre-headless',
  'default-jre-headless',
];
export const oldestJava = 17;

/**
 * The programs that a machine needs beside Node. `packages`: apt packages, or `anyOf`: the first one that apt has.
 * `for`: the purposes that use the program; `neededFor`: those that cannot run without it; `part`: the part of the demo
 * that is left out without it.
 */
const needs = [
  {
    what: 'ffmpeg',
    packages: ['ffmpeg'],
    why: 'reads the video of cameras',
    for: ['start', 'test'],
    neededFor: ['test'],
    part: 'camera',
  },
  {
    what: 'rtsp',
    packages: ['gir1.2-gst-rtsp-server-1.0', 'python3-gi', 'gstreamer1.0-plugins-good', 'gstreamer1.0-plugins-bad'],
    why: 'plays the simulated camera (GStreamer’s RTSP server)',
    for: ['start', 'test'],
    neededFor: ['test'],
    part: 'camera',
  },
  {
    what: 'java',
    anyOf: javaPackages,
    why: `runs Apache Kafka (Java ${oldestJava} or newer)`,
    for: ['start', 'test'],
    neededFor: [],
    part: 'kafka',
  },
  {
    what: 'maven',
    packages: ['maven'],
    why: 'downloads Apache Kafka from Maven Central',
    for: ['start', 'test'],
    neededFor: [],
    part: 'kafka',
  },
  { what: 'chromium', packages: ['chromium'], why: 'opens the pages in the tests', for: ['test'], neededFor: [] },
  {
    what: 'strace',
    packages: ['strace', 'iproute2'],
    why: 'shows the tests which addresses each process contacts',
    for: ['test'],
    neededFor: [],
  },
];

/**
 * The programs that this machine lacks. `seen`: {ffmpeg, rtsp, maven, kafkaJars: boolean, java: number | undefined,
 * chromium: string | undefined, strace: boolean}; `wanted`: {kafka: 'own' | 'existing' | 'none', camera: boolean}.
 */
export function missingNeeds(purpose, seen, wanted) {
  return needs.filter((need) => {
    if (!need.for.includes(purpose)) return false;
    if (need.part === 'kafka' && purpose === 'start' && wanted.kafka !== 'own') return false;
    if (need.part === 'camera' && purpose === 'start' && !wanted.camera) return false;
    if (need.what === 'java') return seen.java === undefined || seen.java < oldestJava;
    if (need.what === 'maven') return !seen.maven && !seen.kafkaJars;
    return !seen[need.what];
  });
}

/**
 * The apt packages for these needs. `candidates`: names that apt can install; undefined before apt's lists are read.
 * Returns {packages, cannot}; `cannot`: the needs without an apt package.
 */
export function packagesFor(missing, candidates) {
  const packages = [];
  const cannot = [];
  for (const need of missing) {
    const wanted = need.packages ?? pick(need.anyOf, candidates);
    if (wanted === undefined || wanted.some((name) => candidates !== undefined && !candidates.includes(name)))
      cannot.push(need);
    else packages.push(...wanted);
  }
  return { packages, cannot };
}

function pick(anyOf, candidates) {
  // Before apt's lists are read, the distribution's default is the best guess.
  if (candidates === undefined) return [anyOf[anyOf.length - 1]];
  const found = anyOf.find((name) => candidates.includes(name));
  return found === undefined ? undefined : [found];
}

/** Every package name to look up in apt's lists. */
export function packageNames(missing) {
  return missing.flatMap((need) => need.packages ?? need.anyOf);
}

/** The packages that apt can install, from the output of `apt-cache policy`. */
export function aptCandidates(policy) {
  const names = [];
  let name;
  for (const line of policy.split('\n')) {
    const heading = /^(\S+):$/.exec(line);
    if (heading !== null) name = heading[1];
    const candidate = /^ {2}Candidate: (.+)$/.exec(line);
    if (candidate !== null && candidate[1] !== '(none)' && name !== undefined) names.push(name);
  }
  return names;
}

/**
 * Who can install packages: 'root'; 'sudo' without a password; 'sudo-asks' for a password at a terminal; 'not' this user;
 * 'no-apt' on a distribution without apt.
 */
export function howToInstall({ apt, root, sudo, sudoFree, terminal }) {
  if (!apt) return 'no-apt';
  if (root) return 'root';
  if (sudo && sudoFree) return 'sudo';
  if (sudo && terminal) return 'sudo-asks';
  return 'not';
}

/**
 * Why the demo leaves out a part ('kafka' | 'camera'), from the `missing` needs; undefined when the part can run.
 */
export function withoutPart(part, missing) {
  const lacking = missing.filter((need) => need.part === part).map((need) => need.what);
  if (lacking.length === 0) return undefined;
  return `${lacking.join(' and ')} ${lacking.length === 1 ? 'is' : 'are'} missing on this machine`;
}

/** The one command that an administrator runs. */
export function aptCommand(packages, root) {
  const sudo = root ? '' : 'sudo ';
  return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/** Major version in the output of `java -version`: 17 from "17.0.15", 8 from "1.8.0_292"; undefined in other text. */
export function javaMajor(output) {
  const found = /version "(?:1\.)?(\d+)/.exec(output);
  return found === null ? undefined : Number(found[1]);
}

/**
 * Why npm packages must be installed, in words; undefined when they match the lock. `lock` and `installed`: the
 * `packages` of package-lock.json and of node_modules/.package-lock.json (which npm writes last).
 */
export function npmReason(lock, installed) {
  if (installed === undefined) return 'they are not installed yet';
  for (const [path, entry] of Object.entries(lock)) {
    if (!path.includes('node_modules/') || entry.link) continue;
    const found = installed[path];
    // npm leaves out packages for other kinds of machines
    if (found === undefined && (entry.optional || entry.os || entry.cpu || entry.libc)) continue;
    if (found === undefined || found.version !== entry.version)
      return `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)} ${found === undefined ? 'is missing' : `is ${found.version}, not ${entry.version}`}`;
  }
  return undefined;
}
