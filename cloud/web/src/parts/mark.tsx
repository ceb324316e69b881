/** A word with an icon and a colour. The colour is never the only sign, so that people who cannot see it miss nothing. */
import type { ReactNode } from 'react';
import { type PageTexts, wordOf } from '../texts/page-texts.ts';
import { CriticalIcon, type IconProps, InfoIcon, WarningIcon } from './icons.tsx';
import { table } from './table.ts';

export type Tone = 'critical' | 'warning' | 'info' | 'good' | 'quiet';

export interface MarkProps {
  readonly tone: Tone;
  readonly icon?: (props: IconProps) => ReactNode;
  readonly title?: string;
  readonly children: ReactNode;
}

export function Mark({ tone, icon: Icon, title, children }: MarkProps): ReactNode {
  return (
    <span className={`mark is-${tone}`} title={title}>
      {Icon === undefined ? null : <Icon size={13} />}
      {children}
    </span>
  );
}

interface SeverityMark {
  readonly tone: Tone;
  readonly icon: NonNullable<MarkProps['icon']>;
}

const severities = table<SeverityMark>({
  critical: { tone: 'critical', icon: CriticalIcon },
  warning: { tone: 'warning', icon: WarningIcon },
  info: { tone: 'info', icon: InfoIcon },
});

const severityKeys = table({
  critical: 'centre-page/severity.critical',
  warning: 'centre-page/severity.warning',
  info: 'centre-page/severity.info',
});

/** A severity that this version does not know looks like a warning. */
export function markOfSeverity(severity: string): SeverityMark {
  return severities[severity] ?? { tone: 'warning', icon: WarningIcon };
}

/** "Critical"; a severity that this version does not know is shown as the gateway sent it. */
export function severityWord(texts: PageTexts, severity: string): string {
  return wordOf(texts, severityKeys, severity);
}
