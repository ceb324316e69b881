/** The log-in: two fields, the choice of the language, and the reason of a failed log-in. */
import './login.css';
import type { Language } from '@forpost/shared/texts/language.ts';
import { Alert, Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { post, sentence } from '../http.ts';
import { Logo } from '../parts/logo.tsx';
import { LanguageChoice } from '../texts/language-choice.tsx';
import { useTexts } from '../texts/use-texts.ts';
import type { SessionAnswer } from './session.ts';

export interface LoginPageProps {
  /** why the page asks for a log-in again; empty at first */
  readonly reason: string;
  readonly entered: (session: SessionAnswer) => void;
  readonly choose: (language: Language) => void;
}

export function LoginPage({ reason, entered, choose }: LoginPageProps): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const [problem, setProblem] = useState(reason);
  const [busy, setBusy] = useState(false);
  const password = useRef<HTMLInputElement>(null);
  // at first, and after each failed log-in
  useEffect(() => {
    if (!busy) password.current?.select();
  }, [busy]);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    try {
      const session = await post<SessionAnswer>('/api/v1/login', {
        user: String(form.get('user')),
        password: String(form.get('password')),
      });
      entered(session);
    } catch (error) {
      setProblem(sentence(texts, error));
      setBusy(false);
    }
  };

  return (
    <main className="login">
      <Paper withBorder radius="lg" p="xl" w="100%" maw={380} bg="var(--card)">
        <form onSubmit={(event) => void submit(event)}>
          <Stack gap="md">
            <Stack gap={6}>
              <div className="login-head">
                <Logo size={36} />
                <LanguageChoice choose={choose} />
              </div>
              <Title order={1} fz={22} mt={8}>
                {t('centre-page/page.title')}
              </Title>
              <Text size="sm" className="muted">
                {t('centre-page/login.intro')}
              </Text>
            </Stack>
            {problem === '' ? null : (
              <Alert color="red" variant="light" p="sm" role="alert">
                {problem}
              </Alert>
            )}
            <TextInput
              name="user"
              label={t('centre-page/login.user')}
              autoComplete="username"
              autoCapitalize="none"
              defaultValue="admin"
              required
              withAsterisk={false}
              size="md"
            />
            <PasswordInput
              name="password"
              label={t('centre-page/login.password')}
              autoComplete="current-password"
              visibilityToggleButtonProps={{ 'aria-label': t('centre-page/login.show-password') }}
              required
              withAsterisk={false}
              size="md"
              ref={password}
            />
            <Button type="submit" loading={busy} size="md" fullWidth>
              {t('centre-page/login.submit')}
            </Button>
            <Text size="xs" className="muted">
              {t('centre-page/login.hint')}
            </Text>
          </Stack>
        </form>
      </Paper>
    </main>
  );
}
