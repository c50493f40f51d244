#!/usr/bin/env node
/** The command line. `npm run guestlist -- --help` tells what there is. */
import { runProgram } from './program.ts';

await runProgram(process.argv.slice(2));
