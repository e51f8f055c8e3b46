import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['test/mutation/*.mutation.ts'], pool: 'threads', maxConcurrency: 4 } });
