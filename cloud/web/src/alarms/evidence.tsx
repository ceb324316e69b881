/**
 * The pictures and the clip of an alarm. They lie on the site; who wants to see them has them fetched, and what was
 * fetched before is shown at once. Each look is written down, so nothing is shown before somebody asks.
 *
 *   closed ── «Show» ──► asked ──► on their way (asked again every `lookEveryMs`) ──► shown
 */
import { Button, Loader } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import type { AlarmView } from '../../../api/schemas.ts';
import type { CommandView } from '../../../commands/schemas.ts';
import type { EvidenceView } from '../../../evidence/schemas.ts';
import { countOf } from '../format.ts';
import { get, post, sentence, whyNot } from '../http.ts';
import { failureOf, kindWords } from './evidence-words.ts';

const lookEveryMs = 1500;

export interface EvidenceProps {
  readonly alarm: Pick<AlarmView, 'alarm' | 'gateway' | 'message' | 'evidence'>;
  readonly commands: ReadonlyMap<string, CommandView>;
}

export function Evidence({ alarm, commands }: EvidenceProps): ReactNode {
  const [opened, setOpened] = useState(false);
  const pictures = alarm.evidence.filter(({ kind }) => kind !== 'clip').length;
  const clips = alarm.evidence.length - pictures;
  if (alarm.evidence.length === 0) return null;
  const what = [pictures > 0 ? countOf(pictures, 'picture') : '', clips > 0 ? countOf(clips, 'clip') : '']
    .filter((words) => words !== '')
    .join(' and ');
  return (
    <div className="alarm-evidence">
      <Button
        size="compact-sm"
        variant="default"
        aria-expanded={opened}
        aria-label={`${opened ? 'Hide' : 'Show'} ${what}: ${alarm.message}`}
        onClick={() => setOpened(!opened)}
      >
        {opened ? 'Hide' : 'Show'} {what}
      </Button>
      {opened ? <Pieces alarm={alarm} commands={commands} /> : null}
    </div>
  );
}

function Pieces({ alarm, commands }: EvidenceProps): ReactNode {
  const [here, setHere] = useState<ReadonlyMap<string, EvidenceView>>(new Map());
  const [problem, setProblem] = useState('');
  const base = `/api/v1/gateways/${encodeURIComponent(alarm.gateway)}/evidence`;
  const wanted = alarm.evidence.map(({ sha256 }) => sha256).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: `wanted` stands for the alarm's evidence, a new array each time
  useEffect(() => {
    const over = new AbortController();
    let timer: number | undefined;
    const look = async () => {
      const { evidence } = await get<{ evidence: readonly EvidenceView[] }>(
        `${base}?alarm=${encodeURIComponent(alarm.alarm)}`,
        over.signal,
      );
      const known = new Map(evidence.map((one) => [one.sha256, one]));
      setHere(known);
      return known;
    };
    const follow = async () => {
      const known = await look();
      const done = alarm.evidence.every(({ sha256 }) => (known.get(sha256)?.arrived ?? null) !== null);
      if (!done && !over.signal.aborted) timer = window.setTimeout(() => follow().catch(tell), lookEveryMs);
    };
    const tell = (error: unknown) => {
      if (!over.signal.aborted) setProblem(sentence(error));
    };
    const ask = async () => {
      const known = await look();
      for (const { id, sha256, size, media } of alarm.evidence)
        if ((known.get(sha256)?.arrived ?? null) === null)
          await post(base, { evidence: id, sha256, size, media, alarm: alarm.alarm });
      await follow();
    };
    ask().catch(tell);
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [base, alarm.alarm, wanted]);
  return (
    <>
      {problem === '' ? null : (
        <p className="evidence-problem" role="alert">
          {problem}
        </p>
      )}
      <ul className="evidence">
        {alarm.evidence.map(({ sha256, kind, media }) => (
          <li key={sha256}>
            <figure>
              {(here.get(sha256)?.arrived ?? null) !== null ? (
                <Shown address={`${base}/${sha256}`} media={media} words={`${kindWords(kind)}: ${alarm.message}`} />
              ) : (
                <Awaited known={here.get(sha256)} failure={failureOf(commands.values(), sha256)} />
              )}
              <figcaption>{kindWords(kind)}</figcaption>
            </figure>
          </li>
        ))}
      </ul>
    </>
  );
}

/** A look that cannot be written down shows nothing: the answer says why, and it can be tried again. */
function Shown({
  address,
  media,
  words,
}: {
  readonly address: string;
  readonly media: string | undefined;
  readonly words: string;
}): ReactNode {
  const [problem, setProblem] = useState('');
  const failed = () => {
    void whyNot(address).then((why) => setProblem(sentence(new Error(why))));
  };
  if (problem !== '')
    return (
      <div className="evidence-awaited" role="alert">
        {problem}
        <Button size="compact-sm" variant="default" onClick={() => setProblem('')}>
          Try again
        </Button>
      </div>
    );
  // biome-ignore lint/a11y/useMediaCaption: a camera's picture without sound
  if (media === 'video/mp4') return <video src={address} controls playsInline preload="metadata" onError={failed} />;
  return (
    <a href={address} target="_blank" rel="noreferrer">
      <img src={address} alt={words} onError={failed} />
    </a>
  );
}

function Awaited({
  known,
  failure,
}: {
  readonly known: EvidenceView | undefined;
  readonly failure: string;
}): ReactNode {
  const part = known === undefined ? 0 : Math.floor((known.received / known.size) * 100);
  return (
    <div className="evidence-awaited" role="status">
      {failure !== '' ? (
        failure
      ) : (
        <>
          <Loader size="xs" color="gray" />
          {part > 0 ? `${part} % is here` : 'Asked for; it comes when the site is connected'}
        </>
      )}
    </div>
  );
}
