/** The look of the whole page: quiet surfaces, and colour only for a meaning. */
import { createTheme } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'blue',
  // white text has a contrast of 4.9 on this shade, and only 3.55 on the library's default
  primaryShade: 8,
  defaultRadius: 'md',
  cursorType: 'pointer',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, monospace',
  headings: { fontWeight: '600' },
  colors: {
    dark: [
      '#d3d6db',
      '#aeb3bb',
      '#8f959f',
      '#6a707b',
      '#434953',
      '#343942',
      '#272b32',
      '#1e2127',
      '#14161a',
      '#0e1013',
    ],
  },
});
