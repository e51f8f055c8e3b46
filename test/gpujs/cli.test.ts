/** gpu.js on the command line. */

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runHere } from '../cli/run.ts';

const golden = join(import.meta.dirname, '../../fixtures/golden');

describe('gpujs on the command line', () => {
  it('lists what every mode reports', async () => {
    const { code, stdout } = await runHere('devices');
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines.map((line) => line.split(/ (?:runs|no) /)[0].trim())).toEqual([
      'webgpu', 'gpujs webgpu', 'gpujs webgl2', 'gpujs headlessgl', 'gpujs webasm', 'gpujs cpu',
    ]);
    expect(lines[4]).toMatch(/^gpujs webasm +runs +\S/);
    expect(lines[2]).toMatch(/^gpujs webgl2 +no +no WebGL 2/);
  });

  it.each(['cpu', 'webasm'])('passes golden cases with bits in them (%s)', async (mode) => {
    const { code, stdout, stderr } = await runHere('conform', golden, '--filter', 'bsq/', '--gpu', mode);
    expect(stdout).toMatch(/ 0 failed on the gpujs backend/);
    expect(stderr).toContain(`note: gpu.js computes with ${mode}`);
    expect(code).toBe(0);
  });

  it('refuses a mode for another backend in one line', async () => {
    const { code, stderr } = await runHere('conform', golden, '--filter', 'bsq/', '--backend', 'reference', '--gpu', 'cpu');
    expect(code).toBe(1);
    expect(stderr.trim()).toBe("error: backend: expected gpujs, for a choice of gpu, got 'reference'");
  });
});
