#!/usr/bin/env node
// The int8c command. What each subcommand does is loaded when it is called, so that --help comes at once.
import { runCommandLine } from './command-line.ts';

// A reader that went away (`int8c inspect model.tflite | head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

// Not process.exit(): what is still to be written to a pipe is written.
process.exitCode = await runCommandLine(process.argv.slice(2));
