/**
 * The first module: loads the page, and says so where that fails. Apart from the page, so that the document's first
 * words stand before its styles and code have come.
 */
const waiting = document.getElementById('waiting');

import('./main.tsx').catch((error: unknown) => {
  if (waiting !== null)
    waiting.textContent = `The page could not be loaded (${error instanceof Error ? error.message : String(error)}). Load it again.`;
});
