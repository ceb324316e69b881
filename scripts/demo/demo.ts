/**
 * `npm start`, on Node 24: starts the demo site, prints the addresses to open, and runs until Ctrl-C. With --check it
 * measures the site from outside and prints one JSON document.
 *
 * Always: the demo leaves no process behind: one Ctrl-C stops everything in order, a second one kills.
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
  say(`${messageOf(error)}\nAll options: npm start -- --help`);
  process.exit(1);
}
/** ms since 1970: the start of npm start, before set-up */
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
    say('\nstopping … (a second Ctrl-C kills)');
    interrupted.abort();
    void end(signal === 'SIGINT' || !options.check ? 0 : 1);
  });
process.on('exit', () => site?.kill());

try {
  const onNotification = options.check ? {} : { onNotification: (line: string) => say(`  notified: ${line}`) };
  site = await DemoSite.prepare({ ...options, clock: systemClock, random: Math.random, say, ...onNotification });
  say('Starting the Forpost demo site:');
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
      ? '                                  user admin, with the password printed at its first start (lost? npm start -- --fresh)'
      : `                                  ${centre.user} / ${centre.password}`,
    '',
    `  Watch for these alarms: about once a minute the house draws more than its connection carries; about every`,
    ...(camera === undefined
      ? ['  five minutes the outdoor sensor goes silent. Each alarm shows on both pages at once,']
      : [
          "  five minutes the outdoor sensor goes silent; people walk through the yard's gate area. Each alarm shows on both pages",
        ]),
    '  and goes to the receiver of notifications (printed below as they arrive).',
    ...(kafka?.pid === undefined
      ? []
      : [
          `  To test an outage: kill ${kafka.pid} ends Kafka. The gateway keeps its events until Kafka is back, by itself.`,
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
    `  Logs, one per process           ${logs}`,
    `  Stored data                     ${folder} (passwords: credentials.json)`,
    '',
    '  Ctrl-C stops everything.',
    '',
  ];
}
