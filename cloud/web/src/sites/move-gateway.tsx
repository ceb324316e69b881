/** Staff's word on which site a gateway belongs to: it was moved, or its site was renamed. */
import { Button, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useContext, useState } from 'react';
import type { GatewayView } from '../../../gateways/schemas.ts';
import { post } from '../http.ts';
import { MayAct } from '../may-act.ts';

type Sent = { readonly state: 'idle' | 'sending' } | { readonly state: 'moved' | 'failed'; readonly words: string };

export function MoveGateway({ gateway }: { readonly gateway: GatewayView }): ReactNode {
  const mayAct = useContext(MayAct);
  const [site, setSite] = useState('');
  const [sent, setSent] = useState<Sent>({ state: 'idle' });
  if (!mayAct) return null;
  const move = async (event: FormEvent) => {
    event.preventDefault();
    setSent({ state: 'sending' });
    try {
      await post(`/api/v1/gateways/${gateway.gateway}/site`, { site });
      setSent({
        state: 'moved',
        words: `The gateway belongs to ${site} now; the centre takes its events of that site.`,
      });
      setSite('');
    } catch (error) {
      setSent({ state: 'failed', words: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <details className="gateway-move">
      <summary>Move to another site</summary>
      <form onSubmit={(event) => void move(event)}>
        <TextInput
          label="Id of its site, as its site.yaml names it"
          size="sm"
          value={site}
          onChange={({ currentTarget }) => setSite(currentTarget.value.trim())}
          pattern="[a-z0-9\-]{1,64}"
          required
        />
        <Button type="submit" size="sm" variant="default" loading={sent.state === 'sending'} disabled={site === ''}>
          Move
        </Button>
      </form>
      {sent.state === 'moved' || sent.state === 'failed' ? (
        <p role={sent.state === 'failed' ? 'alert' : 'status'}>{sent.words}</p>
      ) : null}
    </details>
  );
}
