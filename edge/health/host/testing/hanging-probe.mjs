// A probe process that starts a program and answers nothing; it prints the program's pid.
import { spawn } from 'node:child_process';

const program = spawn('sleep', ['600'], { stdio: 'ignore' });
process.on('message', () => {});
process.on('disconnect', () => {});
process.send?.({ kind: 'started', pid: program.pid });
