// What set-up decides, as pure functions of what was seen on the machine. Nothing in here looks at the machine.
//
// Always: nothing is installed that is there already; the demo starts with what there is, and says what it goes
// without (Java for Kafka, ffmpeg for the camera); the tests need ffmpeg; a user who may not install anything is told
// one command.

/** Versions of Java that run Kafka 4, the one to prefer first. */
const javaPackages = [
  'openjdk-21-jre-headless',
  'openjdk-17-jre-headless',
  'openjdk-25-jre-headless',
  'default-jre-headless',
];
export const oldestJava = 17;

/**
 * What a machine needs beside Node: each with the apt packages that bring it (of `anyOf` the first that can be had),
 * who wants it, who cannot run without it, and the part of the demo that is left out where it is missing.
 */
const needs = [
  {
    what: 'ffmpeg',
    packages: ['ffmpeg'],
    why: 'reads the cameras',
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
    why: 'brings Apache Kafka from Maven Central',
    for: ['start', 'test'],
    neededFor: [],
    part: 'kafka',
  },
  { what: 'chromium', packages: ['chromium'], why: 'opens the pages in the tests', for: ['test'], neededFor: [] },
  {
    what: 'strace',
    packages: ['strace', 'iproute2'],
    why: 'shows in a test whom each process tries to reach',
    for: ['test'],
    neededFor: [],
  },
];

/**
 * The needs that are not met. `seen`: {ffmpeg, rtsp, maven, kafkaJars: boolean, java: number | undefined, chromium: string | undefined, strace: boolean};
 * `wanted`: {kafka: 'own' | 'existing' | 'none', camera: boolean}.
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
 * The apt packages of these needs. `candidates`: names that apt can install, or undefined where that is not known yet.
 * Gives {packages, cannot}: `cannot` are the needs that apt has nothing for.
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
  // before apt's lists are there, the distribution's own default is the best guess
  if (candidates === undefined) return [anyOf[anyOf.length - 1]];
  const found = anyOf.find((name) => candidates.includes(name));
  return found === undefined ? undefined : [found];
}

/** Every package that could be asked for: what to look up in apt's lists. */
export function packageNames(missing) {
  return missing.flatMap((need) => need.packages ?? need.anyOf);
}

/** Packages that `apt-cache policy` has a version of, from what it prints. */
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
 * How packages may be installed: 'root', 'sudo' (without a question), 'sudo-asks' (a person sits at a terminal), 'not'
 * (somebody else must) or 'no-apt' (another distribution).
 */
export function howToInstall({ apt, root, sudo, sudoFree, terminal }) {
  if (!apt) return 'no-apt';
  if (root) return 'root';
  if (sudo && sudoFree) return 'sudo';
  if (sudo && terminal) return 'sudo-asks';
  return 'not';
}

/**
 * Why the demo has to go without a part ('kafka' | 'camera') where `missing` needs stay unmet; undefined where it has it.
 */
export function withoutPart(part, missing) {
  const lacking = missing.filter((need) => need.part === part).map((need) => need.what);
  if (lacking.length === 0) return undefined;
  return `${lacking.join(' and ')} ${lacking.length === 1 ? 'is' : 'are'} missing on this machine`;
}

/** The one command for somebody who may. */
export function aptCommand(packages, root) {
  const sudo = root ? '' : 'sudo ';
  return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/** Major version from what `java -version` prints: 17 from "17.0.15", 8 from "1.8.0_292"; undefined where it is none. */
export function javaMajor(output) {
  const found = /version "(?:1\.)?(\d+)/.exec(output);
  return found === null ? undefined : Number(found[1]);
}

/**
 * Why the npm packages must be installed, in words; undefined where they are as the lock says. `lock` and `installed`
 * are the `packages` of package-lock.json and of node_modules/.package-lock.json (which npm writes last).
 */
export function npmReason(lock, installed) {
  if (installed === undefined) return 'they are not there';
  for (const [path, entry] of Object.entries(lock)) {
    if (!path.includes('node_modules/') || entry.link) continue;
    const found = installed[path];
    // what is for another kind of machine is left out by npm
    if (found === undefined && (entry.optional || entry.os || entry.cpu || entry.libc)) continue;
    if (found === undefined || found.version !== entry.version)
      return `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)} ${found === undefined ? 'is missing' : `is ${found.version}, not ${entry.version}`}`;
  }
  return undefined;
}
