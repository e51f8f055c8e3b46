/** Frames as they are, pixel by pixel, playing at the page's clock. */

import { useEffect, useRef } from 'preact/hooks';
import type { Film } from '../engine/protocol.ts';
import { usePage } from '../state/page.ts';

export interface FilmProps {
  readonly film: Film | undefined;
  /** Empty where words beside it say what it is. */
  readonly label: string;
  /** Another frame than the clock's. */
  readonly frame?: number;
  readonly class?: string;
}

export function FilmView({ film, label, frame, class: name = '' }: FilmProps) {
  const { tick } = usePage();
  return <FilmCanvas film={film} label={label} frame={frame ?? tick} class={name} />;
}

/** Without a page's clock. */
export function FilmCanvas({ film, label, frame = 0, class: name = '' }: FilmProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const t = film === undefined ? 0 : frame % film.t;
  useEffect(() => {
    if (film !== undefined) canvas.current?.getContext('2d')?.putImageData(pictureOf(film, t), 0, 0);
  }, [film, t]);
  return <canvas ref={canvas} class={`film ${name}`} width={film?.w ?? 64} height={film?.h ?? 64}
    {...(label === '' ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })} />;
}

function pictureOf({ w, h, data }: Film, t: number): ImageData {
  const picture = new ImageData(w, h);
  const start = t * h * w * 3;
  for (let i = 0; i < h * w; i++) {
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = data[start + 3 * i + c];
    picture.data[4 * i + 3] = 255;
  }
  return picture;
}

/** |a − b|, three times as bright. */
export function differenceOf(a: Film, b: Film): Film {
  return { ...a, data: a.data.map((value, i) => Math.min(255, 3 * Math.abs(value - b.data[i]))) };
}
