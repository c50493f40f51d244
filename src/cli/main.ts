#!/usr/bin/env node
/** The command line. `npm run guestlist -- --help` tells what there is. */
import { setFlagsFromString } from 'node:v8';
import { runProgram } from './program.ts';

// Else Node lets what is used up gather to several times of what is in use while the machine has memory: a server that made
// and mailed a campaign took 230 MB over idle, with this 100 MB, as fast (test/bench/RESULTS.md).
setFlagsFromString('--heap-growing-percent=20');

await runProgram(process.argv.slice(2));
