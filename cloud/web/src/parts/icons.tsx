/** The page's icons: 24 px outlines in the colour of the surrounding text. */
import type { ReactNode } from 'react';

export interface IconProps {
  readonly size?: number;
}

function icon(paths: ReactNode): (props: IconProps) => ReactNode {
  return ({ size = 16 }) => (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {paths}
    </svg>
  );
}

export const CriticalIcon = icon(
  <>
    <path d="M8.5 2.8h7l5.7 5.7v7l-5.7 5.7h-7l-5.7-5.7v-7z" />
    <path d="M12 7.5v5.5M12 16.4v.1" />
  </>,
);
export const WarningIcon = icon(
  <>
    <path d="M12 3.6 2.6 20h18.8z" />
    <path d="M12 10v4.4M12 17.2v.1" />
  </>,
);
export const InfoIcon = icon(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 11v5.2M12 7.8v.1" />
  </>,
);
export const CheckIcon = icon(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="m8.3 12.3 2.6 2.6 4.8-5.4" />
  </>,
);
export const HourglassIcon = icon(
  <path d="M6.5 3h11M6.5 21h11M7.5 3c0 5 4.5 6 4.5 9s-4.5 4-4.5 9M16.5 3c0 5-4.5 6-4.5 9s4.5 4 4.5 9" />,
);
export const QuestionIcon = icon(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M9.6 9.4a2.5 2.5 0 1 1 3.6 2.3c-.8.5-1.2 1-1.2 1.9M12 16.6v.1" />
  </>,
);
export const OnlineIcon = icon(
  <>
    <path d="M2.8 9.5a13.5 13.5 0 0 1 18.4 0M6.2 13.2a8.7 8.7 0 0 1 11.6 0M9.4 16.8a4 4 0 0 1 5.2 0" />
    <path d="M12 20.3v.1" />
  </>,
);
export const OfflineIcon = icon(
  <>
    <path d="M3 3l18 18M2.8 9.5A13.6 13.6 0 0 1 7 6.8M11 5.9c3.7-.3 7.4 1 10.2 3.6M6.2 13.2a8.7 8.7 0 0 1 4.8-2.2M9.4 16.8a4 4 0 0 1 5.2 0" />
    <path d="M12 20.3v.1" />
  </>,
);
export const CameraIcon = icon(
  <>
    <rect x="2.5" y="6.5" width="13" height="11" rx="2" />
    <path d="m15.5 10.5 6-3v9l-6-3" />
  </>,
);
export const UplinkIcon = icon(<path d="M12 20V5M6 10.5 12 4.5l6 6" />);
export const DeviceIcon = icon(
  <>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 12l4-4M7.5 16h9" />
  </>,
);
export const GatewayIcon = icon(
  <>
    <rect x="5" y="5" width="14" height="14" rx="2" />
    <path d="M9.5 2.5V5M14.5 2.5V5M9.5 19v2.5M14.5 19v2.5M2.5 9.5H5M2.5 14.5H5M19 9.5h2.5M19 14.5h2.5" />
  </>,
);
export const ChevronIcon = icon(<path d="m9 6 6 6-6 6" />);
export const BellIcon = icon(
  <path d="M18 16.5H6c1.2-1.3 1.5-2.8 1.5-5.5a4.5 4.5 0 0 1 9 0c0 2.7.3 4.2 1.5 5.5ZM10 19.8a2.2 2.2 0 0 0 4 0" />,
);
