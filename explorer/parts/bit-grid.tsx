/**
 * All bits of a step: latent frames side by side, in each the tokens, in each token its bits. A 1 is a full blue cell, a 0 a
 * smaller orange one; the paler, the less certain it was. Click, or move with the arrow keys.
 */

import { useEffect, useRef } from 'preact/hooks';

export interface BitGridProps {
  readonly size: readonly [t: number, h: number, w: number];
  /** Bits a token. */
  readonly width: number;
  readonly bits: Uint8Array;
  /** From 0, a coin, to 1, certain. */
  readonly certainty: (i: number) => number;
  readonly marked: ReadonlySet<number>;
  readonly token: number;
  readonly bit: number;
  readonly onSelect: (token: number, bit: number) => void;
  readonly label: string;
}

export const ONE = '42, 120, 214';
export const ZERO = '224, 122, 31';

export function BitGrid(props: BitGridProps) {
  const { size: [t, h, w], width, token, bit, onSelect, label } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const layout = layoutOf(props.size, width);
  useEffect(() => draw(canvas.current!, layout, props));
  const select = (event: MouseEvent): void => {
    const box = canvas.current!.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const found = layout.at(x * layout.width, y * layout.height);
    if (found !== undefined) onSelect(...found);
  };
  const move = (event: KeyboardEvent): void => {
    const side = layout.side;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -side, ArrowDown: side, PageUp: -width, PageDown: width }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(Math.max(token * width + bit + step, 0), t * h * w * width - 1);
    onSelect(Math.floor(next / width), next % width);
  };
  return (
    <canvas ref={canvas} class="bits" width={layout.width * SHARP} height={layout.height * SHARP} tabIndex={0} role="application"
      aria-label={`${label}. Token ${token}, bit ${bit} selected. Arrow keys move over bits, page keys over tokens.`}
      style={{ aspectRatio: `${layout.width} / ${layout.height}`, width: `min(100%, ${layout.width}px)` }} onClick={select} onKeyDown={move} />
  );
}

const SHARP = 2;
const FRAME_GAP = 14;

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly side: number;
  readonly cell: number;
  readonly place: (token: number, bit: number) => readonly [x: number, y: number];
  readonly at: (x: number, y: number) => [token: number, bit: number] | undefined;
}

function layoutOf([t, h, w]: BitGridProps['size'], width: number): Layout {
  const side = Math.ceil(Math.sqrt(width));
  const cell = Math.max(4, Math.min(18, Math.floor((760 - t * FRAME_GAP) / (t * w * (side + 0.6)))));
  const tokenSize = cell * side + Math.ceil(cell * 0.6);
  const frameWidth = w * tokenSize + FRAME_GAP;
  const place = (token: number, bit: number): readonly [number, number] => {
    const [frame, y, x] = [Math.floor(token / (h * w)), Math.floor(token / w) % h, token % w];
    return [frame * frameWidth + x * tokenSize + (bit % side) * cell + 3, y * tokenSize + Math.floor(bit / side) * cell + 3];
  };
  const at = (px: number, py: number): [number, number] | undefined => {
    const frame = Math.floor(px / frameWidth);
    const [inX, inY] = [px - frame * frameWidth - 3, py - 3];
    const [x, y] = [Math.floor(inX / tokenSize), Math.floor(inY / tokenSize)];
    const [column, row] = [Math.floor((inX - x * tokenSize) / cell), Math.floor((inY - y * tokenSize) / cell)];
    const bit = row * side + column;
    const isToken = frame >= 0 && frame < t && x >= 0 && x < w && y >= 0 && y < h;
    const inside = isToken && column >= 0 && column < side && row >= 0 && bit < width;
    return inside ? [(frame * h + y) * w + x, bit] : undefined;
  };
  return { width: t * frameWidth - FRAME_GAP + 6, height: h * tokenSize + 6, side, cell, place, at };
}

function draw(canvas: HTMLCanvasElement, layout: Layout, { bits, width, certainty, marked, token, bit }: BitGridProps): void {
  const context = canvas.getContext('2d')!;
  context.setTransform(SHARP, 0, 0, SHARP, 0, 0);
  context.clearRect(0, 0, layout.width, layout.height);
  const { cell } = layout;
  for (let i = 0; i < bits.length; i++) {
    const [x, y] = layout.place(Math.floor(i / width), i % width);
    const inset = bits[i] === 1 ? 0.5 : cell * 0.2;
    context.fillStyle = `rgba(${bits[i] === 1 ? ONE : ZERO}, ${0.18 + 0.82 * certainty(i)})`;
    context.fillRect(x + inset, y + inset, cell - 2 * inset, cell - 2 * inset);
    if (!marked.has(i)) continue;
    context.strokeStyle = '#d0235f';
    context.lineWidth = 2;
    context.strokeRect(x, y, cell, cell);
  }
  const ink = getComputedStyle(canvas).color;
  const side = layout.side * cell;
  const [tx, ty] = layout.place(token, 0);
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.strokeRect(tx - 2, ty - 2, side + 4, side + 4);
  const [x, y] = layout.place(token, bit);
  context.lineWidth = 2.5;
  context.strokeRect(x - 1, y - 1, cell + 2, cell + 2);
}
