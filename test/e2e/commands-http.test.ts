import { describe } from 'vitest';
import { commandsArrive } from './commands.ts';

describe('over HTTP alone', () => commandsArrive('http'));
