/** The page: a log-in first, the desk behind it. */
import { Center, Loader } from '@mantine/core';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { DeskPage } from './desk-page.tsx';
import { get, sentence } from './http.ts';
import { LoginPage } from './login/login-page.tsx';

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
      return (
        <Center h="100dvh">
          <Loader type="dots" aria-label="Loading" />
        </Center>
      );
    case 'out':
      return <LoginPage reason={session.reason} entered={(user) => setSession({ state: 'in', user })} />;
    case 'in':
      return <DeskPage user={session.user} leave={leave} />;
  }
}
