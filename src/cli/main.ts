/** The command line: `infinitystar <command>`. */

import { listenForSignals } from './interruption.ts';
import { watchOutput } from './output.ts';
import { runProgram } from './program.ts';

const output = watchOutput();
const interruption = listenForSignals();
const code = await runProgram(process.argv.slice(2), interruption.signal);
interruption.stopListening();
process.exitCode = code;
process.once('exit', () => output.conclude());
