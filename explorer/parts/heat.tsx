/** Numbers of a step's tokens laid over the frames that they belong to: the stronger, the more of the picture is lit. */

import { useEffect, useRef } from 'preact/hooks';
import type { Film } from '../engine/protocol.ts';

interface HeatProps {
  /** First latent frame, and t, h, w of the tokens. */
  readonly start: number;
  readonly size: readonly [t: number, h: number, w: number];
  /** From 0 to 1 for every token. */
  readonly strengths: ArrayLike<number>;
  readonly film: Film;
  readonly label: string;
  readonly token?: number | undefined;
  readonly onSelect?: (token: number) => void;
}

const SIDE = 96;

export function Heat({ start, size: [t, h, w], strengths, film, label, token, onSelect }: HeatProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const height = Math.round((SIDE * film.h) / film.w);
  const width = t * (SIDE + 6) - 6;
  useEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    context.clearRect(0, 0, width, height);
    for (let frame = 0; frame < t; frame++) {
      context.drawImage(stillOf(film, frameOfLatent(start + frame, film.t)), frame * (SIDE + 6), 0, SIDE, height);
      for (let i = 0; i < h * w; i++) {
        const strength = Math.min(1, strengths[frame * h * w + i]);
        const [x, y] = [frame * (SIDE + 6) + ((i % w) * SIDE) / w, (Math.floor(i / w) * height) / h];
        context.fillStyle = `rgba(18, 20, 26, ${0.78 * (1 - strength)})`;
        context.fillRect(x, y, SIDE / w, height / h);
        context.strokeStyle = `rgba(255, 96, 160, ${0.15 + 0.85 * strength})`;
        context.strokeRect(x + 0.5, y + 0.5, SIDE / w - 1, height / h - 1);
        if (frame * h * w + i !== token) continue;
        context.strokeStyle = '#ffffff';
        context.lineWidth = 3;
        context.strokeRect(x + 2, y + 2, SIDE / w - 4, height / h - 4);
        context.lineWidth = 1;
      }
    }
  });
  const select = (event: MouseEvent): void => {
    const box = canvas.current!.getBoundingClientRect();
    const [px, py] = [((event.clientX - box.left) * width) / box.width, ((event.clientY - box.top) * height) / box.height];
    const frame = Math.min(t - 1, Math.floor(px / (SIDE + 6)));
    const x = Math.min(w - 1, Math.floor(((px - frame * (SIDE + 6)) * w) / SIDE));
    onSelect?.((frame * h + Math.min(h - 1, Math.floor((py * h) / height))) * w + x);
  };
  return (
    <canvas ref={canvas} class="heat" width={width} height={height} role="img" aria-label={label} style={{ width: `min(100%, ${width}px)` }}
      onClick={onSelect && select} />
  );
}

/** A frame out of the middle of those that a latent frame stands for: the first stands for one, the others for four. */
function frameOfLatent(latent: number, frames: number): number {
  return Math.min(frames - 1, Math.max(0, 4 * latent - 1));
}

function stillOf({ w, h, data }: Film, t: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(w, h);
  const picture = new ImageData(w, h);
  for (let i = 0; i < w * h; i++) {
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = data[(t * w * h + i) * 3 + c];
    picture.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d')!.putImageData(picture, 0, 0);
  return canvas;
}
