/** For scripts that people run, imported first: an error ends them with one line, as it ends the command line. */

import { InfinityStarError } from '../src/errors.ts';

process.on('uncaughtException', (error) => {
  process.stderr.write(`error: ${error.message}\n`);
  if (!(error instanceof InfinityStarError) && process.env['INFINITYSTAR_DEBUG']) console.error(error);
  process.exit(1);
});
