/** The page: a log-in first, the desk behind it. */
import { Center, Loader } from '@mantine/core';
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useState } from 'react';
import { get, sentence } from './http.ts';
import { LoginPage } from './login/login-page.tsx';

/** the log-in does not wait for it */
const DeskPage = lazy(() => import('./desk-page.tsx').then(({ DeskPage: page }) => ({ default: page })));

type Session =
  | { readonly state: 'asking' }
  | { readonly state: 'out'; readonly reason: string }
  | { readonly state: 'in'; readonly user: string };

export function App(): ReactNode {
  const [session, setSession] = useState<Session>({ state: 'asking' });
  const leave = useCallback((reason: string) => setSession({ state: 'out', reason }), []);

  useEffect(() => {
    const stopping = new AbortController();
    get<{ user: string | null }>('/api/v1/session', stopping.signal)
      .then(({ user }) => setSession(user === null ? { state: 'out', reason: '' } : { state: 'in', user }))
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) leave(sentence(error));
      });
    return () => stopping.abort();
  }, [leave]);

  switch (session.state) {
    case 'asking':
      return <Waiting />;
    case 'out':
      return <LoginPage reason={session.reason} entered={(user) => setSession({ state: 'in', user })} />;
    case 'in':
      return (
        <Suspense fallback={<Waiting />}>
          <DeskPage user={session.user} leave={leave} />
        </Suspense>
      );
  }
}

function Waiting(): ReactNode {
  return (
    <Center h="100dvh">
      <Loader type="dots" aria-label="Loading" />
    </Center>
  );
}
