/** The line on top: what this is, whether what is shown is live, and who is logged in. */

import { Alert, Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { dateTime } from './format.ts';
import { post, sentence } from './http.ts';
import { type DeskState, oldOf, unansweredWords } from './live/desk-state.ts';
import { AsOf } from './parts/as-of.tsx';
import { OfflineIcon, OnlineIcon } from './parts/icons.tsx';
import { Logo } from './parts/logo.tsx';
import { Mark } from './parts/mark.tsx';
import { useNow } from './time.ts';

export interface BarProps {
  readonly user: string;
  readonly state: DeskState;
  readonly leave: (reason: string) => void;
}

export function Bar({ user, state, leave }: BarProps): ReactNode {
  const [problem, setProblem] = useState('');
  const logout = async () => {
    try {
      await post('/api/v1/logout');
      leave('');
    } catch (error) {
      setProblem(sentence(error));
    }
  };
  const shown = [problem, ...unansweredWords(state), ...state.centreProblems].filter((text) => text !== '');
  return (
    <header className="bar">
      <div className="wide bar-inner">
        <div className="brand">
          <Logo />
          <h1>
            Forpost <span className="muted only-wide">centre</span>
          </h1>
        </div>
        <div className="spacer" />
        <ConnectionMark state={state} />
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          onClick={() => void logout()}
          title={`Logged in as ${user}`}
        >
          Log out<span className="only-wide">&nbsp;{user}</span>
        </Button>
      </div>
      <Lines color="red" role="alert" texts={shown} />
      <Lines color="blue" role="status" texts={state.centreNotes} />
    </header>
  );
}

interface LinesProps {
  readonly color: string;
  readonly role: string;
  readonly texts: readonly string[];
}

/** Sentences of the centre, with their times as the viewer's clock shows them. */
function Lines({ color, role, texts }: LinesProps): ReactNode {
  const now = useNow();
  if (texts.length === 0) return null;
  return (
    // many lines scroll, and a keyboard is to scroll them too
    <Alert color={color} variant="light" radius={0} p="xs" role={role} className="bar-lines" tabIndex={0}>
      {texts.map((text) => (
        <div key={text} className="wide">
          {text.replace(isoTimes, (iso) => dateTime(iso, now))}
        </div>
      ))}
    </Alert>
  );
}

const isoTimes = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

function ConnectionMark({ state }: Pick<BarProps, 'state'>): ReactNode {
  const { connection } = state;
  const old = oldOf(state);
  const shown = connection.state === 'live' && old !== undefined ? 'lost' : connection.state;
  const title = old === undefined ? {} : { title: `The page does not show the present: ${old.why}` };
  return (
    <Mark {...connectionMarks[shown]} {...title}>
      <span role="status">{connectionWords[shown]}</span>
      <AsOf old={old} />
    </Mark>
  );
}

const connectionWords = { live: 'Live', connecting: 'Connecting…', lost: 'Not live' } as const;
const connectionMarks = {
  live: { tone: 'good', icon: OnlineIcon, title: 'What you see changes as it happens' },
  connecting: { tone: 'quiet' },
  lost: { tone: 'critical', icon: OfflineIcon, title: 'The connection is lost: the page shows the state before that' },
} as const;
