import fc from 'fast-check';

/** Every property draws this many cases unless it states its own number; `npm run test:long` asks for many more. */
fc.configureGlobal({ numRuns: Number(process.env['ASTRAL_RUNS'] ?? 100) });
