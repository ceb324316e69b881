import './styles.ts';
import './page.css';
import './parts/parts.css';
import { MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import type { PageTexts } from './texts/page-texts.ts';
import { theme } from './theme.ts';

/** Renders the page into the document. `texts`: the texts of its first language. */
export function showPage(texts: PageTexts): void {
  const root = document.getElementById('root');
  if (root === null) throw new Error('the document has no #root');
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <App first={texts} />
      </MantineProvider>
    </StrictMode>,
  );
}
