/**
 * `npm start`, on Node 24: starts the demo site and shows where to look, until Ctrl-C; with --check, checks it from
 * outside and prints one JSON document.
 *
 * Always: whatever happens, nothing it started is left behind: one Ctrl-C stops all in order, a second one kills.
 */
import { systemClock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { requireNode } from '@forpost/shared/node-version.ts';
import { stopWithParent } from '@forpost/shared/run.ts';
import { DemoSite } from './demo-site.ts';
import { type DemoOptions, parseOptions } from './options.ts';
import { consoleUser } from './secrets.ts';

requireNode();
stopWithParent();
const say = (line: string) => process.stderr.write(`${line}\n`);

let options: DemoOptions;
try {
  options = parseOptions(process.argv.slice(2), process.env);
} catch (error) {
  say(`${messageOf(error)}\n(npm start -- --help lists what there is)`);
  process.exit(1);
}
/** ms since 1970: when npm start began, before its set-up */
const begun = Number(process.env.FORPOST_STARTED_AT ?? Date.now());
let site: DemoSite | undefined;
let stopping = false;
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (stopping) {
      site?.kill();
      process.exit(130);
    }
    stopping = true;
    say('\nstopping … (Ctrl-C once more kills)');
    interrupted.abort();
    void end(signal === 'SIGINT' || !options.check ? 0 : 1);
  });
process.on('exit', () => site?.kill());

try {
  const onNotification = options.check ? {} : { onNotification: (line: string) => say(`  notified: ${line}`) };
  site = await DemoSite.prepare({ ...options, clock: systemClock, random: Math.random, say, ...onNotification });
  say('Forpost starts its demo site:');
  await site.start();
  const startSeconds = (Date.now() - begun) / 1000;
  if (options.check) {
    const { checkSite } = await import('./check/check.ts');
    const report = await checkSite(site, { seconds: options.seconds, startSeconds, signal: interrupted.signal });
    await site.stop();
    if (!stopping) process.exit(report.print());
  } else {
    for (const line of introduction(site, startSeconds)) say(line);
  }
} catch (error) {
  if (!stopping) {
    say(`\n${messageOf(error)}`);
    await end(1);
  }
}

async function end(code: number): Promise<void> {
  await site?.stop();
  say('stopped');
  process.exit(code);
}

function introduction({ settings, credentials, kafka, camera }: DemoSite, startSeconds: number): string[] {
  const { ports, folder, logs, brokers } = settings;
  const display = credentials.mqtt['wall-display'];
  const centre = credentials.centre;
  return [
    '',
    `Forpost is up (${startSeconds.toFixed(1)} s).`,
    '',
    `  Gateway, the installer's page   http://127.0.0.1:${ports.gateway}`,
    `                                  ${consoleUser} / ${credentials.console[consoleUser]}`,
    `  Centre, the desk's page         http://127.0.0.1:${ports.centre}`,
    centre === undefined
      ? '                                  log in as admin, with the password it printed at its first start (forgotten: npm start -- --fresh)'
      : `                                  ${centre.user} / ${centre.password}`,
    '',
    `  What to look at: once a minute the house draws more than its connection carries; about every five minutes the`,
    ...(camera === undefined
      ? ['  outdoor sensor is not heard. Each shows on both pages at once,']
      : [
          "  outdoor sensor is not heard; somebody walks through the yard's gate area. Each shows on both pages at once,",
        ]),
    '  and is told to the receiver of notifications (below, as they arrive).',
    ...(kafka?.pid === undefined
      ? []
      : [
          `  kill ${kafka.pid} ends Kafka, which comes back by itself: the gateway keeps meanwhile what it cannot send.`,
        ]),
    '',
    ...(display === undefined
      ? []
      : [
          `  Alerts on the site itself       mosquitto_sub -p ${ports.mqtt} -u wall-display -P ${display} -t 'forpost/alerts/#'`,
        ]),
    `  MQTT of the gateway             127.0.0.1:${ports.mqtt}`,
    `  Kafka                           ${brokers?.join(', ') ?? 'none: the gateway sends over HTTP'}`,
    ...(camera === undefined
      ? []
      : [`  Camera                          rtsp://127.0.0.1:${ports.camera}${settings.cameraPath}`]),
    `  Logs, one for each process      ${logs}`,
    `  All that is stored              ${folder} (passwords: credentials.json)`,
    '',
    '  Ctrl-C stops everything.',
    '',
  ];
}
