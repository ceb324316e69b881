/** Whether the user who is logged in may change anything; a viewer, as on a screen on the wall, may not. */
import { createContext } from 'react';

export const MayAct = createContext(true);
