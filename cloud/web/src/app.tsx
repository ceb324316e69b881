/** The page: the log-in, then the desk, in the language of the browser or of the user who is logged in. */
import { isLanguage, type Language } from '@forpost/shared/texts/language.ts';
import { Center, Loader } from '@mantine/core';
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useState } from 'react';
import { get, post, sentence } from './http.ts';
import { LoginPage } from './login/login-page.tsx';
import type { SessionAnswer } from './login/session.ts';
import { MayAct } from './may-act.ts';
import type { PageTexts } from './texts/page-texts.ts';
import { useLanguage } from './texts/use-language.ts';
import { TextsContext, useTexts } from './texts/use-texts.ts';

/** loads while the user logs in */
const DeskPage = lazy(() => import('./desk-page.tsx').then(({ DeskPage: page }) => ({ default: page })));

type Session =
  | { readonly state: 'asking' }
  | { readonly state: 'out'; readonly reason: string }
  | { readonly state: 'in'; readonly user: string; readonly role: string };

/** `first`: the texts of the page's first language. */
export function App({ first }: { readonly first: PageTexts }): ReactNode {
  const [texts, show] = useLanguage(first);
  const [session, setSession] = useState<Session>({ state: 'asking' });
  const leave = useCallback((reason: string) => setSession({ state: 'out', reason }), []);
  const enter = useCallback(
    ({ user, role = 'operator', language }: SessionAnswer) => {
      setSession(user === null ? { state: 'out', reason: '' } : { state: 'in', user, role });
      if (isLanguage(language)) show(language);
    },
    [show],
  );
  const choose = (language: Language) => {
    show(language);
    if (session.state !== 'in') return;
    // an older centre stores no language, but this browser remembers the choice
    post('/api/v1/session/language', { language }).catch((error: unknown) =>
      console.error('the centre did not keep the language', error),
    );
  };

  useEffect(() => {
    const stopping = new AbortController();
    get<SessionAnswer>('/api/v1/session', stopping.signal)
      .then(enter)
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) leave(sentence(first, error));
      });
    return () => stopping.abort();
  }, [enter, leave, first]);

  return (
    <TextsContext value={texts}>
      {session.state === 'asking' ? (
        <Waiting />
      ) : session.state === 'out' ? (
        <LoginPage reason={session.reason} entered={enter} choose={choose} />
      ) : (
        <MayAct value={session.role !== 'viewer'}>
          <Suspense fallback={<Waiting />}>
            {/* a new language requests everything anew, because received sentences stand in the former language */}
            <DeskPage key={texts.language} user={session.user} leave={leave} choose={choose} />
          </Suspense>
        </MayAct>
      )}
    </TextsContext>
  );
}

function Waiting(): ReactNode {
  const { t } = useTexts();
  return (
    <Center h="100dvh">
      <Loader type="dots" aria-label={t('centre-page/page.loading')} />
    </Center>
  );
}
