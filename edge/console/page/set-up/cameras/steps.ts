/** Steps of the page's address in the area of cameras that are no ids: an id has no +. */
export const addStep = '+';
