/** The bar at the top: the page's name, whether the page is live, the language, and the user who is logged in. */
import './bar.css';
import type { Language } from '@forpost/shared/texts/language.ts';
import { Alert, Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { post, sentence } from './http.ts';
import { type CentreSentence, type DeskState, oldOf, unansweredWords } from './live/desk-state.ts';
import { AsOf } from './parts/as-of.tsx';
import { whyOld } from './parts/as-of-words.ts';
import { OfflineIcon, OnlineIcon } from './parts/icons.tsx';
import { Logo } from './parts/logo.tsx';
import { Mark } from './parts/mark.tsx';
import { LanguageChoice } from './texts/language-choice.tsx';
import { useTexts } from './texts/use-texts.ts';
import { useNow } from './time.ts';

export interface BarProps {
  readonly user: string;
  readonly state: DeskState;
  readonly leave: (reason: string) => void;
  readonly choose: (language: Language) => void;
}

export function Bar({ user, state, leave, choose }: BarProps): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const [problem, setProblem] = useState('');
  const logout = async () => {
    try {
      await post('/api/v1/logout');
      leave('');
    } catch (error) {
      setProblem(sentence(texts, error));
    }
  };
  const inWords = ({ words, text }: CentreSentence) => texts.say(text, words);
  const shown = [problem, ...unansweredWords(texts, state), ...state.centreProblems.map(inWords)].filter(
    (text) => text !== '',
  );
  return (
    <header className="bar">
      <div className="wide bar-inner">
        <div className="brand">
          <Logo />
          <h1>
            Forpost <span className="muted only-wide">{t('centre-page/bar.centre')}</span>
          </h1>
        </div>
        <div className="spacer" />
        <ConnectionMark state={state} />
        <LanguageChoice choose={choose} />
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          onClick={() => void logout()}
          title={t('centre-page/bar.logged-in-as', { user })}
        >
          {t('centre-page/bar.log-out')}
          <span className="only-wide">&nbsp;{user}</span>
        </Button>
      </div>
      <Lines color="red" role="alert" lines={shown} />
      <Lines color="blue" role="status" lines={state.centreNotes.map(inWords)} />
    </header>
  );
}

interface LinesProps {
  readonly color: string;
  readonly role: string;
  readonly lines: readonly string[];
}

/** The centre's problems in sentences, with times in the viewer's time zone. */
function Lines({ color, role, lines }: LinesProps): ReactNode {
  const { dateTime } = useTexts();
  const now = useNow();
  if (lines.length === 0) return null;
  return (
    // a long list scrolls, also by keyboard
    <Alert color={color} variant="light" radius={0} p="xs" role={role} className="bar-lines" tabIndex={0}>
      {lines.map((text) => (
        <div key={text} className="wide">
          {text.replace(isoTimes, (iso) => dateTime(iso, now))}
        </div>
      ))}
    </Alert>
  );
}

const isoTimes = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

function ConnectionMark({ state }: Pick<BarProps, 'state'>): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const { connection } = state;
  const old = oldOf(state);
  const asOf = <AsOf old={old} />;
  if (connection.state === 'lost' || (connection.state === 'live' && old !== undefined))
    return (
      <Mark
        tone="critical"
        icon={OfflineIcon}
        title={
          old === undefined
            ? t('centre-page/bar.lost-title')
            : t('centre-page/bar.old-title', { why: whyOld(texts, old) })
        }
      >
        <span role="status">{t('centre-page/bar.lost')}</span>
        {asOf}
      </Mark>
    );
  if (connection.state === 'connecting')
    return (
      <Mark tone="quiet">
        <span role="status">{t('centre-page/bar.connecting')}</span>
        {asOf}
      </Mark>
    );
  return (
    <Mark tone="good" icon={OnlineIcon} title={t('centre-page/bar.live-title')}>
      <span role="status">{t('centre-page/bar.live')}</span>
    </Mark>
  );
}
