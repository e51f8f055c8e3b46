/**
 * Products of matrices in tiles, C = A × B: what matmul.ts, conv3d.ts and conv3d-weight.ts share, who differ in where A and B
 * come from and where C goes.
 *
 *   threads   64, DOWN of them along the rows of a tile and 64 / DOWN along its columns
 *   registers 2 × BLOCK × 8 sums a thread, as vectors of 4 columns: BLOCK + 8 numbers are read for 8·BLOCK multiplications
 *   tile      DOWN·BLOCK rows × 512 / DOWN columns of C, STEP of K at a time in workgroup memory (6 to 9 KiB)
 *   sums      of 64 terms each, then of these, which in single precision loses less
 *
 * With BLOCK 8 a thread has about 170 registers: 6 groups a multiprocessor of 65,536. It has the most multiplications a byte;
 * 4 makes more groups, for small matrices, and DOWN 4 and 2 are for few rows.
 */

export interface Tile {
  readonly down: 2 | 4 | 8;
  readonly block: 4 | 8;
}

/** By rows × columns, from the largest on. */
export const TILES = {
  '64×64': { down: 8, block: 8 },
  '32×64': { down: 8, block: 4 },
  '16×128': { down: 4, block: 4 },
  '8×256': { down: 2, block: 4 },
} as const satisfies Readonly<Record<string, Tile>>;

export type TileName = keyof typeof TILES;

/** Terms that are summed before they are added to the sum. */
const TERMS = 64;

export function rowsOf({ down, block }: Tile): number {
  return down * block;
}

export function columnsOf({ down }: Tile): number {
  return 512 / down;
}

/** Where the operands come from; texts of WGSL. */
export interface Operands {
  /**
   * Functions `loadA(k, row) -> vec4f`, of rows row to row + 3, and `loadB(k, column) -> vec4f`, of columns column to
   * column + 3, 0 outside of the matrices; and `store(row, column, value: vec4f)`, which leaves out what is outside.
   */
  readonly functions: string;
  /** Statements at the start, with `tile` the number of the tile (columns first), `threadId` that of the thread. */
  readonly start: string;
  /** Whether neighbouring threads load neighbours along K (else along rows, columns). */
  readonly alongA: string;
  readonly alongB: string;
}

/** `p` has `tiles`, `tilesAcross` (columns) and `k`; the result of `start` are `kFrom`, `kTo`, `rowFrom`, `columnFrom`. */
export function tiledProduct(tile: Tile, { functions, start, alongA, alongB }: Operands): string {
  const { down, block } = tile;
  const [columns, across] = [columnsOf(tile), 64 / down];
  const [quads, quadsB] = [rowsOf(tile) / 4, columns / 4]; // fours of rows, of columns
  const STEP = down === 2 ? 8 : 16;
  const each = <T>(count: number, line: (i: number) => T): string => Array.from({ length: count }, (_, i) => line(i)).join('\n');
  return /* wgsl */ `
var<workgroup> tileA: array<vec4f, ${STEP * quads}>; // (K, rows / 4)
var<workgroup> tileB: array<vec4f, ${STEP * quadsB}>; // (K, columns / 4)
var<private> rowFrom: u32;
var<private> columnFrom: u32;
${functions}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) n: vec3u, @builtin(local_invocation_index) threadId: u32) {
  let tile = w.x + w.y * n.x;
  if (tile >= p.tiles) { return; }
  var kFrom = 0u;
  var kTo = p.k;
  let across = tile % p.tilesAcross;
  columnFrom = across * ${columns}u;
  ${start}
  let x = threadId % ${across}u;
  let y = threadId / ${across}u;
  ${each(block, (i) => `var c${i}a = vec4f();\n  var c${i}b = vec4f();\n  var s${i}a = vec4f();\n  var s${i}b = vec4f();`)}
  var terms = 0u;
  for (var k0 = kFrom; k0 < kTo; k0 += ${STEP}u) {
    for (var i = threadId; i < ${STEP * quads}u; i += 64u) {
      let k = select(i / ${quads}u, i % ${STEP}u, ${alongA});
      let quad = select(i % ${quads}u, i / ${STEP}u, ${alongA});
      var v = vec4f();
      if (k0 + k < kTo) { v = loadA(k0 + k, rowFrom + quad * 4u); }
      tileA[k * ${quads}u + quad] = v;
    }
    for (var i = threadId; i < ${STEP * quadsB}u; i += 64u) {
      let k = select(i / ${quadsB}u, i % ${STEP}u, ${alongB});
      let quad = select(i % ${quadsB}u, i / ${STEP}u, ${alongB});
      var v = vec4f();
      if (k0 + k < kTo) { v = loadB(k0 + k, columnFrom + quad * 4u); }
      tileB[k * ${quadsB}u + quad] = v;
    }
    workgroupBarrier();
    for (var k = 0u; k < ${STEP}u; k++) {
      ${each(block / 4, (i) => `let a${i} = tileA[k * ${quads}u + y * ${block / 4}u + ${i}u];`)}
      let ba = tileB[k * ${quadsB}u + x];
      let bb = tileB[k * ${quadsB}u + x + ${across}u];
      ${each(block, (i) => {
        const a = `a${i >> 2}.${'xyzw'[i & 3]}`;
        return `s${i}a += ${a} * ba;\n      s${i}b += ${a} * bb;`;
      })}
    }
    terms += ${STEP}u;
    if (terms == ${TERMS}u) {
      terms = 0u;
      ${each(block, (i) => `c${i}a += s${i}a;\n      c${i}b += s${i}b;\n      s${i}a = vec4f();\n      s${i}b = vec4f();`)}
    }
    workgroupBarrier();
  }
  let row = rowFrom + y * ${block}u;
  let column = columnFrom + x * 4u;
  var sums = array<vec4f, ${2 * block}>(${Array.from({ length: block }, (_, i) => `c${i}a + s${i}a, c${i}b + s${i}b`).join(', ')});
  for (var i = 0u; i < ${2 * block}u; i++) { store(row + i / 2u, column + i % 2u * ${columns / 2}u, sums[i]); }
}`;
}
