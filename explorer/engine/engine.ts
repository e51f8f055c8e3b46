/** What the worker does: a model, the run that is shown, and what can be asked of the two. All numbers are the library's. */

import {
  ArgumentError, decodeBits, fetchedFiles, generateVideo, hostTensor, isOutline, memoryTrace, openModel, psnr, rowMajor,
  seededUniforms,
} from '../../src/browser.ts';
import type { Backend, HostArray, MemoryTrace, Model, Schedule, StageDifference, TraceReader } from '../../src/browser.ts';
import { TokenizerBench } from './bench.ts';
import { modelInfo } from './model-info.ts';
import type {
  Changed, Encoded, Film, Flip, GuidanceSettings, Methods, ModelInfo, NamedFile, Progress, Reconstructed, Redrawn, RunInfo,
  RunRequest, StepInfo, StepValues, TraceInfo, TraceSlot, Values,
} from './protocol.ts';
import { redrawStep } from './redraw.ts';
import type { DrawnStep } from './steps.ts';
import { digestOf, drawnStep, filmOf, flipping, planSteps, settingsOf, stepValues, withFlips } from './steps.ts';
import { TraceShelf } from './traces.ts';

interface Run {
  readonly request: RunRequest;
  readonly schedule: Schedule;
  readonly infos: readonly Omit<StepInfo, 'milliseconds'>[];
  readonly drawn: readonly DrawnStep[];
  readonly trace: MemoryTrace;
  readonly film: Film;
}

/** Attention's weights besides the outline, for the view of attention. */
const wanted = (name: string): boolean => isOutline(name) || name.endsWith('/weights');

export class Engine implements Methods {
  signal = new AbortController().signal;
  private backend: Backend | undefined;
  private model: Model | undefined;
  private current: Run | undefined;
  private readonly bench = new TokenizerBench();
  private readonly shelf = new TraceShelf();

  constructor(
    private readonly makeBackend: (name: string) => Promise<Backend>,
    private readonly progress: (progress: Progress) => void,
  ) {}

  async open(address: string, name: string): Promise<ModelInfo> {
    this.progress({ done: 0, total: 1, text: 'loading the model' });
    const backend = await this.makeBackend(name);
    const model = await openModel(fetchedFiles(address), backend);
    await this.close();
    [this.backend, this.model, this.current] = [backend, model, undefined];
    return modelInfo(model, backend.name);
  }

  /** Ends what computes. */
  async close(): Promise<void> {
    await this.model?.close();
    await this.backend?.close();
  }

  async run(request: RunRequest): Promise<RunInfo> {
    const model = this.opened();
    const { schedule, infos, words, notice } = await planSteps(model, request);
    const started = performance.now();
    const settings = settingsOf(request);
    const trace = memoryTrace({ command: 'generate', ...settings, backend: model.backend.name }, wanted);
    const drawn: DrawnStep[] = [];
    const times: number[] = [];
    const note = trace.recorder.steps(seededUniforms(request.seed));
    const uniforms = seededUniforms(request.seed);
    let last = started;
    const watched = trace.recorder.watch(model.backend);
    const encodePrompt: Model['encodePrompt'] = (prompt, signal) => model.encodePrompt(prompt, signal, watched);
    const video = await generateVideo({ ...model, backend: watched, encodePrompt }, {
      ...settings,
      draw: flipping(request.flips, infos),
      signal: this.signal,
      onStep: async (report, b) => {
        times.push(performance.now() - last);
        await note(report, b);
        drawn.push(drawnStep(report, uniforms.next(report.sampled.length)));
        this.progress({ done: report.index + 1, total: report.total, text: `clip ${report.clip}, scale ${report.scale}: ${report.size.join('×')}` });
        await new Promise((resolve) => setTimeout(resolve)); // a cancellation may come in
        last = performance.now();
      },
    });
    const film = filmOf(video.frames);
    this.current = { request, schedule, infos, drawn, trace, film };
    this.shelf.set('run', trace);
    const seconds = (performance.now() - started) / 1000;
    const steps = infos.map((info, i) => ({ ...info, milliseconds: times[i] }));
    return { request, steps, film, seconds, words, notice, digest: await digestOf(drawn) };
  }

  async step(index: number): Promise<StepValues> {
    const { trace, drawn, infos } = this.shown();
    return stepValues(trace, drawn[this.checked(index)], infos[index]);
  }

  async after(index: number): Promise<Film> {
    const { drawn, infos, schedule } = this.shown();
    const steps = drawn.slice(0, this.checked(index) + 1);
    return filmOf(await decodeBits(this.opened(), schedule, steps, { scales: infos[index].si + 1, smooth: true }));
  }

  async change(flips: readonly Flip[], redraw: boolean): Promise<Changed> {
    const { drawn, schedule, request, infos, film } = this.shown();
    const started = performance.now();
    let steps: readonly DrawnStep[] = withFlips(drawn, flips);
    let changed: Film;
    if (redraw) {
      const found: DrawnStep[] = [];
      const settings = settingsOf(request);
      const video = await generateVideo(this.opened(), {
        ...settings,
        signal: this.signal,
        draw: flipping([...request.flips, ...flips], infos),
        onStep: async (report) => {
          found.push(drawnStep(report, []));
          this.progress({ done: report.index + 1, total: report.total, text: 'drawing again' });
          await new Promise((resolve) => setTimeout(resolve));
        },
      });
      steps = found;
      changed = filmOf(video.frames);
    } else {
      changed = filmOf(await decodeBits(this.opened(), schedule, steps, { smooth: true }));
    }
    const milliseconds = performance.now() - started;
    const bits = steps.reduce((sum, step, i) => sum + step.flat.filter((bit, k) => bit !== drawn[i].flat[k]).length, 0);
    return { film: changed, milliseconds, bits, psnr: psnr(asFrames(film), asFrames(changed)) };
  }

  redraw(index: number, settings: GuidanceSettings): Promise<Redrawn> {
    const { trace, drawn, infos, schedule } = this.shown();
    return redrawStep(this.opened(), schedule, trace, infos, drawn, this.checked(index), settings);
  }

  encode(film: Film): Promise<Encoded> {
    return this.bench.encode(this.opened(), film);
  }

  reconstruct(kept: readonly number[], noise: number): Promise<Reconstructed> {
    return this.bench.reconstruct(this.opened(), kept, noise);
  }

  async traces(): Promise<Readonly<Record<TraceSlot, TraceInfo | undefined>>> {
    return this.shelf.infos();
  }

  openTrace(slot: 'a' | 'b', files: readonly NamedFile[]): Promise<TraceInfo> {
    return this.shelf.open(slot, files);
  }

  compare(): Promise<readonly StageDifference[]> {
    return this.shelf.compare(this.signal);
  }

  async value(slot: TraceSlot, name: string): Promise<Values> {
    const trace: TraceReader = this.shelf.get(slot);
    return plain(await trace.value(name));
  }

  private opened(): Model {
    if (this.model === undefined) throw new ArgumentError('model', 'a model that is loaded', 'none yet');
    return this.model;
  }

  private shown(): Run {
    if (this.current === undefined) throw new ArgumentError('run', 'a run', 'none yet');
    return this.current;
  }

  private checked(index: number): number {
    const { drawn } = this.shown();
    if (drawn[index] === undefined) throw new ArgumentError('step', `one of ${drawn.length}`, index);
    return index;
  }
}

function plain(value: HostArray): Values {
  return { shape: [...value.shape], data: rowMajor(value) };
}

function asFrames({ t, h, w, data }: Film) {
  return hostTensor(data, [t, h, w, 3]);
}
