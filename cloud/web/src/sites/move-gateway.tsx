/** The form that assigns a gateway to another site, after a move or after a site was renamed. */
import { Button, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useContext, useState } from 'react';
import type { GatewayView } from '../../../gateways/schemas.ts';
import { post, sentence } from '../http.ts';
import { MayAct } from '../may-act.ts';
import { useTexts } from '../texts/use-texts.ts';

type Sent = { readonly state: 'idle' | 'sending' } | { readonly state: 'moved' | 'failed'; readonly words: string };

export function MoveGateway({ gateway }: { readonly gateway: GatewayView }): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const mayAct = useContext(MayAct);
  const [site, setSite] = useState('');
  const [sent, setSent] = useState<Sent>({ state: 'idle' });
  if (!mayAct) return null;
  const move = async (event: FormEvent) => {
    event.preventDefault();
    setSent({ state: 'sending' });
    try {
      await post(`/api/v1/gateways/${gateway.gateway}/site`, { site });
      setSent({ state: 'moved', words: t('centre-page/move.done', { site }) });
      setSite('');
    } catch (error) {
      setSent({ state: 'failed', words: sentence(texts, error) });
    }
  };
  return (
    <details className="gateway-move">
      <summary>{t('centre-page/move.title')}</summary>
      <form onSubmit={(event) => void move(event)}>
        <TextInput
          label={t('centre-page/move.label')}
          size="sm"
          value={site}
          onChange={({ currentTarget }) => setSite(currentTarget.value.trim())}
          pattern="[a-z0-9\-]{1,64}"
          required
        />
        <Button type="submit" size="sm" variant="default" loading={sent.state === 'sending'} disabled={site === ''}>
          {t('centre-page/move.button')}
        </Button>
      </form>
      {sent.state === 'moved' || sent.state === 'failed' ? (
        <p role={sent.state === 'failed' ? 'alert' : 'status'}>{sent.words}</p>
      ) : null}
    </details>
  );
}
