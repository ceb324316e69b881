/**
 * The pictures and the clip of an alarm. They are kept on the site and fetched on request; pieces that were fetched before
 * are shown at once. The centre records each viewing, so the page shows nothing before a person asks.
 *
 *   closed ── «Show» ──► fetched (`EvidenceFetch`) ──► shown
 */
import { Button, Loader } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { AlarmView } from '../../../alarms/schemas.ts';
import type { CommandView } from '../../../commands/schemas.ts';
import type { EvidenceView } from '../../../evidence/schemas.ts';
import { addressOf } from '../address.ts';
import { alarmMessage } from '../alarms/alarm-words.ts';
import { wait } from '../asking.ts';
import { get, post, sentence, whyNot } from '../http.ts';
import { useTexts } from '../texts/use-texts.ts';
import { EvidenceFetch, hasArrived, nothingFetched } from './evidence-fetch.ts';
import { awaitedOf, failureOf, kindWords, piecesWords } from './evidence-words.ts';

export interface EvidenceProps {
  readonly alarm: Pick<
    AlarmView,
    'alarm' | 'gateway' | 'message' | 'message_i18n' | 'evidence' | 'evidence_problem' | 'evidence_problem_i18n'
  >;
  readonly commands: ReadonlyMap<string, CommandView>;
  /** why the pictures cannot be fetched; undefined where they can be fetched */
  readonly refused: string | undefined;
  /** called when the pictures are opened or closed */
  readonly onOpened?: (isOpen: boolean) => void;
}

export function Evidence({ alarm, commands, refused, onOpened }: EvidenceProps): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const [opened, setOpened] = useState(false);
  const lacks =
    alarm.evidence_problem === undefined ? null : (
      <p className="alarm-evidence muted">{texts.say(alarm.evidence_problem_i18n, alarm.evidence_problem)}</p>
    );
  if (alarm.evidence.length === 0) return lacks;
  const what = piecesWords(texts, alarm.evidence);
  if (refused !== undefined)
    return (
      <p className="alarm-evidence muted">
        {t('centre-page/evidence.cannot-send', { what, count: alarm.evidence.length, reason: refused })}
      </p>
    );
  const label = opened ? t('centre-page/evidence.hide', { what }) : t('centre-page/evidence.show', { what });
  return (
    <div className="alarm-evidence">
      {lacks}
      <Button
        size="compact-sm"
        variant="default"
        aria-expanded={opened}
        aria-label={`${label}: ${alarmMessage(texts, alarm)}`}
        onClick={() => {
          setOpened(!opened);
          onOpened?.(!opened);
        }}
      >
        {label}
      </Button>
      {opened ? <Pieces alarm={alarm} commands={commands} /> : null}
    </div>
  );
}

function Pieces({ alarm, commands }: Pick<EvidenceProps, 'alarm' | 'commands'>): ReactNode {
  const texts = useTexts();
  const [state, setState] = useState(nothingFetched);
  const fetch = useRef<EvidenceFetch | undefined>(undefined);
  const base = `/api/v1/gateways/${encodeURIComponent(alarm.gateway)}/evidence`;
  const wanted = alarm.evidence.map(({ sha256 }) => sha256).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: `wanted` stands for the alarm's evidence, a new array each time
  useEffect(() => {
    const pieces = new Map(alarm.evidence.map((piece) => [piece.sha256, piece]));
    const made = new EvidenceFetch({
      pieces: [...pieces.keys()],
      list: async (signal) => {
        const address = `${base}?alarm=${encodeURIComponent(alarm.alarm)}`;
        return (await get<{ evidence: readonly EvidenceView[] }>(address, signal)).evidence;
      },
      ask: async (sha256) => {
        const { id, size, media } = pieces.get(sha256) ?? {};
        return post<EvidenceView>(base, { evidence: id, sha256, size, media, alarm: alarm.alarm });
      },
      changed: setState,
      sentence: (error) => sentence(texts, error),
      wait,
    });
    fetch.current = made;
    void made.run();
    return () => made.stop();
  }, [base, alarm.alarm, wanted, texts]);
  return (
    <>
      {state.problem === '' ? null : (
        <p className="evidence-problem" role="alert">
          {state.problem}
        </p>
      )}
      <ul className="evidence">
        {alarm.evidence.map(({ sha256, kind, media }) => (
          <li key={sha256}>
            <figure>
              {hasArrived(state, sha256) ? (
                <Shown
                  address={`${base}/${sha256}`}
                  media={media}
                  words={`${kindWords(texts, kind)}: ${alarmMessage(texts, alarm)}`}
                />
              ) : (
                <Awaited
                  known={state.known.get(sha256)}
                  refused={state.refused.get(sha256) ?? ''}
                  failure={failureOf(texts, commands.values(), sha256)}
                  again={() => void fetch.current?.again(sha256)}
                />
              )}
              <figcaption>{kindWords(texts, kind)}</figcaption>
            </figure>
          </li>
        ))}
      </ul>
    </>
  );
}

/** A fetched piece; where it cannot be shown, the reason and a button to try again. */
function Shown({
  address,
  media,
  words,
}: {
  readonly address: string;
  readonly media: string | undefined;
  readonly words: string;
}): ReactNode {
  const texts = useTexts();
  const [problem, setProblem] = useState('');
  const failed = () => {
    void whyNot(address).then((error) => setProblem(sentence(texts, error)));
  };
  if (problem !== '')
    return (
      <div className="evidence-awaited" role="alert">
        {problem}
        <Button size="compact-sm" variant="default" onClick={() => setProblem('')}>
          {texts.t('centre-page/card.again')}
        </Button>
      </div>
    );
  const source = addressOf(address);
  // biome-ignore lint/a11y/useMediaCaption: a camera's picture without sound
  if (media === 'video/mp4') return <video src={source} controls playsInline preload="metadata" onError={failed} />;
  return (
    <a href={source} target="_blank" rel="noreferrer">
      <img src={source} alt={words} onError={failed} />
    </a>
  );
}

interface AwaitedProps {
  readonly known: EvidenceView | undefined;
  readonly refused: string;
  readonly failure: string;
  readonly again: () => void;
}

function Awaited({ known, refused, failure, again }: AwaitedProps): ReactNode {
  const texts = useTexts();
  const { words, waits } = awaitedOf(texts, known, refused, failure);
  return (
    <div className="evidence-awaited" role="status">
      {waits ? <Loader size="xs" color="gray" /> : null}
      {words}
      {refused === '' ? null : (
        <Button size="compact-sm" variant="default" onClick={again}>
          {texts.t('centre-page/evidence.ask')}
        </Button>
      )}
    </div>
  );
}
