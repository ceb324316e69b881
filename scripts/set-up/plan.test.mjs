import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
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
} from './plan.mjs';

const complete = {
  ffmpeg: true,
  rtsp: true,
  maven: true,
  kafkaJars: false,
  java: 17,
  chromium: '/usr/bin/chromium',
  strace: true,
};
const bare = {
  ffmpeg: false,
  rtsp: false,
  maven: false,
  kafkaJars: false,
  java: undefined,
  chromium: undefined,
  strace: false,
};
const all = { kafka: 'own', camera: true };
const names = (missing) => missing.map((need) => need.what);

test('the development container has every package that set-up would install on its Debian', () => {
  const file = new URL('../../.devcontainer/devcontainer.json', import.meta.url);
  const container = JSON.parse(readFileSync(file, 'utf8'));
  const [, list = ''] = /apt-get install -y --no-install-recommends (.+)$/.exec(container.onCreateCommand) ?? [];
  const installed = list.split(' ');
  const needed = missingNeeds('test', bare, all);
  // of several packages the first one that this Debian has
  const inDebian = packageNames(needed).filter((name) => !/^openjdk-(21|25)/.test(name));
  const { packages, cannot } = packagesFor(needed, inDebian);
  expect(cannot).toEqual([]);
  expect(packages.filter((name) => !installed.includes(name))).toEqual([]);
});

test('a machine that has everything needs nothing', () => {
  expect(missingNeeds('start', complete, all)).toEqual([]);
  expect(missingNeeds('test', complete, all)).toEqual([]);
});

test('a bare machine needs ffmpeg, the RTSP server, Java and Maven, and a browser for the tests', () => {
  expect(names(missingNeeds('start', bare, all))).toEqual(['ffmpeg', 'rtsp', 'java', 'maven']);
  expect(names(missingNeeds('test', bare, all))).toEqual(['ffmpeg', 'rtsp', 'java', 'maven', 'chromium', 'strace']);
});

test('a demo with another Kafka or without Kafka needs no Java and no Maven', () => {
  for (const kafka of ['existing', 'none'])
    expect(names(missingNeeds('start', bare, { kafka, camera: true }))).toEqual(['ffmpeg', 'rtsp']);
  expect(names(missingNeeds('test', bare, { kafka: 'existing', camera: false }))).toContain('java');
});

test('a demo without its camera needs neither ffmpeg nor GStreamer; the tests need both', () => {
  expect(names(missingNeeds('start', bare, { kafka: 'none', camera: false }))).toEqual([]);
  const forTests = missingNeeds('test', bare, { kafka: 'own', camera: false });
  expect(names(forTests.filter((need) => need.neededFor.includes('test')))).toEqual(['ffmpeg', 'rtsp']);
});

test('the demo starts on a bare machine and names the programs that each left-out part lacks', () => {
  const missing = missingNeeds('start', bare, all);
  expect(missing.filter((need) => need.neededFor.includes('start'))).toEqual([]);
  expect(withoutPart('camera', missing)).toBe('ffmpeg and rtsp are missing on this machine');
  expect(withoutPart('kafka', missingNeeds('start', { ...complete, java: 11 }, all))).toBe(
    'java is missing on this machine',
  );
  expect(withoutPart('camera', missingNeeds('start', { ...complete, java: 11 }, all))).toBeUndefined();
});

test('a Java that is too old counts as missing; with Kafka’s jars in the cache Maven is not needed', () => {
  expect(names(missingNeeds('start', { ...complete, java: 11 }, all))).toEqual(['java']);
  expect(names(missingNeeds('start', { ...complete, maven: false, kafkaJars: true }, all))).toEqual([]);
});

test('set-up installs the newest preferred Java that the distribution offers', () => {
  const missing = missingNeeds('start', { ...complete, java: undefined }, all);
  expect(packagesFor(missing, ['openjdk-17-jre-headless', 'openjdk-25-jre-headless']).packages).toEqual([
    'openjdk-17-jre-headless',
  ]);
  expect(packagesFor(missing, ['openjdk-25-jre-headless']).packages).toEqual(['openjdk-25-jre-headless']);
  expect(packagesFor(missing).packages).toEqual(['default-jre-headless']);
  expect(packageNames(missing)).toContain('openjdk-21-jre-headless');
});

test('set-up names the programs that apt has no package for and installs the rest', () => {
  const missing = missingNeeds('test', bare, all);
  const { packages, cannot } = packagesFor(missing, ['ffmpeg', 'maven']);
  expect(packages).toEqual(['ffmpeg', 'maven']);
  expect(names(cannot)).toEqual(['rtsp', 'java', 'chromium', 'strace']);
});

test('a package without a candidate in apt-cache’s output cannot be installed', () => {
  const policy =
    'ffmpeg:\n  Installed: (none)\n  Candidate: 7:5.1.6-0+deb12u1\n  Version table:\n     7:5.1.6 500\nchromium:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n';
  expect(aptCandidates(policy)).toEqual(['ffmpeg']);
});

test('root installs without sudo, others with sudo where it works, and anyone else gets one command', () => {
  const machine = { apt: true, root: false, sudo: true, sudoFree: false, terminal: false };
  expect(howToInstall({ ...machine, root: true })).toBe('root');
  expect(howToInstall({ ...machine, sudoFree: true })).toBe('sudo');
  expect(howToInstall({ ...machine, terminal: true })).toBe('sudo-asks');
  expect(howToInstall(machine)).toBe('not');
  expect(howToInstall({ ...machine, sudo: false, terminal: true })).toBe('not');
  expect(howToInstall({ ...machine, root: true, apt: false })).toBe('no-apt');
  expect(aptCommand(['ffmpeg', 'maven'], false)).toBe(
    'sudo apt-get update && sudo apt-get install -y --no-install-recommends ffmpeg maven',
  );
  expect(aptCommand(['ffmpeg'], true)).toBe('apt-get update && apt-get install -y --no-install-recommends ffmpeg');
});

test('Java’s major version is read from the output of java -version', () => {
  expect(javaMajor('openjdk version "17.0.15" 2025-04-15')).toBe(17);
  expect(javaMajor('java version "1.8.0_292"')).toBe(8);
  expect(javaMajor('openjdk version "21" 2023-09-19')).toBe(21);
  expect(javaMajor('command not found')).toBeUndefined();
});

const lock = {
  '': { name: 'forpost' },
  edge: { version: '0.1.0' },
  'node_modules/@forpost/edge': { resolved: 'edge', link: true },
  'node_modules/aedes': { version: '1.2.0' },
  'edge/node_modules/lit': { version: '3.3.3' },
  'node_modules/fsevents': { version: '2.3.3', optional: true, os: ['darwin'] },
};

test('npm packages that match the lock stay; packages for other systems may be absent', () => {
  const { 'node_modules/fsevents': _mac, '': _root, ...installed } = lock;
  expect(npmReason(lock, installed)).toBeUndefined();
});

test('npm packages are installed when all or one of them is missing or has another version', () => {
  expect(npmReason(lock, undefined)).toBe('they are not installed yet');
  expect(npmReason(lock, { ...lock, 'node_modules/aedes': { version: '1.1.0' } })).toBe('aedes is 1.1.0, not 1.2.0');
  expect(npmReason(lock, { 'node_modules/aedes': { version: '1.2.0' } })).toBe('lit is missing');
});
