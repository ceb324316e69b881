/** A word with an icon and a colour: the colour never stands alone, so that nobody depends on seeing it. */
import type { ReactNode } from 'react';
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

const severities = table<{ readonly tone: Tone; readonly icon: MarkProps['icon']; readonly word: string }>({
  critical: { tone: 'critical', icon: CriticalIcon, word: 'Critical' },
  warning: { tone: 'warning', icon: WarningIcon, word: 'Warning' },
  info: { tone: 'info', icon: InfoIcon, word: 'Info' },
});

export function severityOf(severity: string): {
  readonly tone: Tone;
  readonly icon: NonNullable<MarkProps['icon']>;
  readonly word: string;
} {
  const known = severities[severity];
  return { tone: known?.tone ?? 'warning', icon: known?.icon ?? WarningIcon, word: known?.word ?? severity };
}
