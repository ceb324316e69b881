/** The page after the log-in: the bar, and the cards in the order of cards.tsx. */
import type { Language } from '@forpost/shared/texts/language.ts';
import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Bar } from './bar.tsx';
import { CardList, cards } from './cards.tsx';
import { Desk } from './live/desk.ts';
import { oldOf } from './live/desk-state.ts';
import { useTexts } from './texts/use-texts.ts';

export interface DeskPageProps {
  readonly user: string;
  /** shows the log-in again, with the reason; '' after a log-out by the user */
  readonly leave: (reason: string) => void;
  readonly choose: (language: Language) => void;
}

export function DeskPage({ user, leave, choose }: DeskPageProps): ReactNode {
  const texts = useTexts();
  const { t } = texts;
  const [desk] = useState(() => new Desk(texts, () => leave(t('centre-page/login.expired'))));
  const state = useSyncExternalStore(desk.subscribe, desk.state);

  useEffect(() => {
    desk.start();
    return () => desk.stop();
  }, [desk]);

  const active = [...state.alarms.values()].filter((alarm) => alarm.open && !alarm.test).length;
  useEffect(() => {
    document.title = active === 0 ? t('centre-page/page.title') : t('centre-page/page.title-alarms', { count: active });
  }, [active, t]);

  const main = useRef<HTMLElement>(null);
  // after a log-in by keyboard the focus moves here, and not to the top of the document
  useEffect(() => main.current?.focus({ preventScroll: true }), []);

  return (
    <>
      <a className="skip" href="#main">
        {t('centre-page/page.skip')}
      </a>
      <Bar user={user} state={state} leave={leave} choose={choose} />
      <main className={`wide layout${oldOf(state) === undefined ? '' : ' is-old'}`} id="main" ref={main} tabIndex={-1}>
        <CardList shown={cards} desk={desk} state={state} />
      </main>
    </>
  );
}
