/** The log-in: two fields and, where it fails, the reason in the centre's own words. */
import { Alert, Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { post, sentence } from '../http.ts';
import { Logo } from '../parts/logo.tsx';

export interface LoginPageProps {
  /** why the page asks again; empty at the first time */
  readonly reason: string;
  readonly entered: (user: string, role: string) => void;
}

export function LoginPage({ reason, entered }: LoginPageProps): ReactNode {
  const [problem, setProblem] = useState(reason);
  const [busy, setBusy] = useState(false);
  const password = useRef<HTMLInputElement>(null);
  // at first, and after each try that failed
  useEffect(() => {
    if (!busy) password.current?.select();
  }, [busy]);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    try {
      const session = await post<{ user: string; role?: string }>('/api/v1/login', {
        user: String(form.get('user')),
        password: String(form.get('password')),
      });
      entered(session.user, session.role ?? 'operator');
    } catch (error) {
      setProblem(sentence(error));
      setBusy(false);
    }
  };

  return (
    <main className="login">
      <Paper withBorder radius="lg" p="xl" w="100%" maw={380} bg="var(--card)">
        <form onSubmit={(event) => void submit(event)}>
          <Stack gap="md">
            <Stack gap={6}>
              <Logo size={36} />
              <Title order={1} fz={22} mt={8}>
                Forpost centre
              </Title>
              <Text size="sm" className="muted">
                Log in to see the alarms, gateways and history of all sites.
              </Text>
            </Stack>
            {problem === '' ? null : (
              <Alert color="red" variant="light" p="sm" role="alert">
                {problem}
              </Alert>
            )}
            <TextInput
              name="user"
              label="User"
              autoComplete="username"
              autoCapitalize="none"
              defaultValue="admin"
              required
              withAsterisk={false}
              size="md"
            />
            <PasswordInput
              name="password"
              label="Password"
              autoComplete="current-password"
              required
              withAsterisk={false}
              size="md"
              ref={password}
            />
            <Button type="submit" loading={busy} size="md" fullWidth>
              Log in
            </Button>
            <Text size="xs" className="muted">
              The first password is in the file first-password of the centre’s data folder. Others: forpost cloud user
              add.
            </Text>
          </Stack>
        </form>
      </Paper>
    </main>
  );
}
