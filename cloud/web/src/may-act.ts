/** Whether who is logged in may change anything: a viewer, as on a wall's screen, may not. */
import { createContext } from 'react';

export const MayAct = createContext(true);
