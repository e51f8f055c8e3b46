/** The page's clock: frames go by while it plays. Who asks for less motion starts with it standing still. */

import { useEffect, useState } from 'preact/hooks';

export interface Clock {
  readonly tick: number;
  readonly playing: boolean;
  readonly setPlaying: (playing: boolean) => void;
}

export function useClock(fps: number): Clock {
  const [tick, setTick] = useState(0);
  const [playing, setPlaying] = useState(() => !matchMedia('(prefers-reduced-motion: reduce)').matches);
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => setTick((last) => last + 1), 1000 / fps);
    return () => clearInterval(timer);
  }, [playing, fps]);
  return { tick, playing, setPlaying };
}
