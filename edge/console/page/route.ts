/** The page's places, as its address names them: `#set-up/devices/meter-7`. Other fragments are headings of the overview. */

/** Where the page is: the overview, or set-up with the area and what is open in it. */
export type Route = { readonly page: 'overview' } | { readonly page: 'set-up'; readonly steps: readonly string[] };

/** `hash`: of the address, with its #. */
export function routeOf(hash: string): Route {
  const [first, ...steps] = hash.replace(/^#/, '').split('/');
  if (first !== 'set-up') return { page: 'overview' };
  return { page: 'set-up', steps: steps.map(decoded).filter((step) => step !== '') };
}

/** The address of a place in set-up: its area, and what is open there. */
export function setUpAddress(...steps: readonly string[]): string {
  return `#${['set-up', ...steps.map(encodeURIComponent)].join('/')}`;
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
