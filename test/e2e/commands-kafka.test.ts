import { describe } from 'vitest';
import { commandsArrive } from './commands.ts';

describe('through Kafka', () => commandsArrive('kafka'));
