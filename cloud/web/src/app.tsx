/** The page: a log-in first, the desk behind it. */
import { Center, Loader } from '@mantine/core';
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useState } from 'react';
import { get, sentence } from './http.ts';
import { LoginPage } from './login/login-page.tsx';
import { MayAct } from './may-act.ts';

/** the log-in does not wait for it */
const DeskPage = lazy(() => import('./desk-page.tsx').then(({ DeskPage: page }) => ({ default: page })));

type Session =
  | { readonly state: 'asking' }
  | { readonly state: 'out'; readonly reason: string }
  | { readonly state: 'in'; readonly user: string; readonly role: string };

/** What the centre says of a log-in; a centre of an older version knows no roles. */
interface Told {
  readonly user: string | null;
  readonly role?: string;
}

export function App(): ReactNode {
  const [session, setSession] = useState<Session>({ state: 'asking' });
  const leave = useCallback((reason: string) => setSession({ state: 'out', reason }), []);

  useEffect(() => {
    const stopping = new AbortController();
    get<Told>('/api/v1/session', stopping.signal)
      .then(({ user, role = 'operator' }) =>
        setSession(user === null ? { state: 'out', reason: '' } : { state: 'in', user, role }),
      )
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) leave(sentence(error));
      });
    return () => stopping.abort();
  }, [leave]);

  switch (session.state) {
    case 'asking':
      return <Waiting />;
    case 'out':
      return <LoginPage reason={session.reason} entered={(user, role) => setSession({ state: 'in', user, role })} />;
    case 'in':
      return (
        <MayAct value={session.role !== 'viewer'}>
          <Suspense fallback={<Waiting />}>
            <DeskPage user={session.user} leave={leave} />
          </Suspense>
        </MayAct>
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
