/** The run: prompt, seed, settings; what it is doing, and how to end it. */

import { useEffect, useState } from 'preact/hooks';
import type { ModelInfo, Progress } from '../engine/protocol.ts';
import type { State } from '../state/state.ts';
import { Pick } from './fields.tsx';

interface RunFormProps {
  readonly state: State;
  readonly model: ModelInfo | undefined;
  readonly busy: boolean;
  readonly progress: Progress | undefined;
  readonly onRun: (change: Partial<State>) => void;
  readonly onCancel: () => void;
}

export function RunForm({ state, model, busy, progress, onRun, onCancel }: RunFormProps) {
  const [prompt, setPrompt] = useState(state.prompt);
  const [seed, setSeed] = useState(state.seed);
  useEffect(() => setPrompt(state.prompt), [state.prompt]);
  useEffect(() => setSeed(state.seed), [state.seed]);
  const submit = (event: Event): void => {
    event.preventDefault();
    onRun({ prompt, seed, flips: [] });
  };
  const lengths = model?.lengths.map((frames) => [String(frames), frames === 1 ? 'a picture' : `${frames} frames`] as const) ?? [];
  return (
    <form class="run" onSubmit={submit}>
      <label class="prompt">Prompt <input type="text" value={prompt} maxLength={500} onInput={(event) => setPrompt(event.currentTarget.value)} /></label>
      <label class="seed">Seed <input type="number" min={0} max={4294967295} value={seed} onInput={(event) => setSeed(Math.min(Math.max(Math.floor(Number(event.currentTarget.value)), 0), 4294967295))} /></label>
      <Pick label="Length" value={String(state.frames || model?.defaultFrames || 17)} options={lengths} onPick={(frames) => onRun({ prompt, seed, frames: Number(frames), flips: [] })} />
      <Pick label="Computes" value={state.backend} onPick={(backend) => onRun({ prompt, seed, backend })}
        options={[['wasm', 'WebAssembly'], ['webgpu', 'WebGPU'], ['webgl2', 'WebGL 2'], ['reference', 'readable']]} />
      <div class="buttons">
        <button class="primary" disabled={busy}>Draw</button>
        <button type="button" disabled={busy} onClick={() => onRun({ prompt, seed: Math.floor(Math.random() * 1e6), flips: [] })}>Another seed</button>
        <button type="button" disabled={!busy} onClick={onCancel}>Cancel</button>
      </div>
      <div class="progress" role="status">
        {busy && progress !== undefined && <><progress value={progress.done} max={progress.total} aria-label="Progress" /> <span>{progress.text}</span></>}
      </div>
    </form>
  );
}
