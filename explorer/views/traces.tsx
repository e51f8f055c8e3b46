/** Traces: any stage as numbers, histogram or picture; two side by side, where they first part; and reports of `kit check`. */

import { useState } from 'preact/hooks';
import type { NamedFile, TraceInfo, TraceSlot } from '../engine/protocol.ts';
import { CompareTable } from '../parts/compare-table.tsx';
import { KitReportView } from '../parts/kit-report.tsx';
import { parseKitReport } from '../parts/kit-report-file.ts';
import type { KitReport } from '../parts/kit-report-file.ts';
import { StageView } from '../parts/stage-view.tsx';
import { Term } from '../parts/term.tsx';
import { ViewHead } from '../parts/view-head.tsx';
import { messageOf, runKey, useAnswer, usePage } from '../state/page.ts';

export function Traces() {
  const page = usePage();
  const { engine } = page;
  const [version, setVersion] = useState(0);
  const [problem, setProblem] = useState('');
  const [report, setReport] = useState<KitReport | undefined>(undefined);
  const { value } = useAnswer(() => engine.call('traces'), `${runKey(page)} ${version}`);
  const trying = async (work: () => Promise<void>): Promise<void> => {
    setProblem('');
    await work().catch((error: unknown) => setProblem(messageOf(error)));
  };
  const open = (slot: 'a' | 'b') => (files: FileList | null): Promise<void> => trying(async () => {
    await engine.call('openTrace', slot, await namedFiles([...(files ?? [])]));
    setVersion(version + 1);
  });
  const openReport = (files: FileList | null): Promise<void> => trying(async () => setReport(parseKitReport(await (files?.[0]?.text() ?? ''))));
  return (
    <section aria-label="Traces">
      <ViewHead title="Traces" paper="every step" steps={['X2', 'T3', 'T6', 'S5', 'V7']}>
        A <Term of="trace" /> holds every value of a run in the order of execution, as <code>--trace</code> writes it; the run on this page has one
        too, with the very same numbers. Open another, of another seed, backend or program, and see where the two first part.
      </ViewHead>
      <div class="panel opens">
        <Open label="Trace A" onOpen={open('a')} info={value?.a} />
        <Open label="Trace B" onOpen={open('b')} info={value?.b} />
        <label class="file">Report of <code>kit check --json</code> <input type="file" accept=".json" onChange={(event) => void openReport(event.currentTarget.files)} /></label>
      </div>
      {problem !== '' && <p class="error" role="alert">{problem}</p>}
      {report !== undefined && <KitReportView report={report} />}
      {(value?.a ?? value?.b) !== undefined && (
        <CompareTable key={version} both={value?.a !== undefined && value.b !== undefined} />
      )}
      {value !== undefined && <Stages infos={value} />}
    </section>
  );
}

interface OpenProps {
  readonly label: string;
  readonly onOpen: (files: FileList | null) => Promise<void>;
  readonly info: TraceInfo | undefined;
}

function Open({ label, onOpen, info }: OpenProps) {
  const input = (text: string, folder: boolean) => (
    <label class="file">{text} <input type="file" multiple={!folder} {...(folder ? { webkitdirectory: true } : { accept: '.jsonl,.npz,.zip' })}
      onChange={(event) => void onOpen(event.currentTarget.files)} /></label>
  );
  return (
    <fieldset>
      <legend>{label}</legend>
      {input('a folder', true)} {input('or its files, .zip, .npz', false)}
      <span class="muted">{info === undefined ? 'none open' : `${info.stages.length} stages ${headline(info)}`}</span>
    </fieldset>
  );
}

function headline({ header }: TraceInfo): string {
  return Object.entries(header).filter(([key]) => ['command', 'prompt', 'seed', 'backend'].includes(key)).map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(', ').slice(0, 200);
}

/** Names that end as a trace's files do: a folder may hold others. */
async function namedFiles(files: readonly File[]): Promise<NamedFile[]> {
  const own = files.filter(({ name }) => /(\.jsonl|\.npz|\.zip)$/.test(name));
  if (own.length === 0) throw new Error(`${files[0]?.name ?? 'nothing'}: no trace.jsonl, tensors.npz or .zip in it`);
  return Promise.all(own.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })));
}

function Stages({ infos }: { readonly infos: Readonly<Record<TraceSlot, TraceInfo | undefined>> }) {
  const slots = (['run', 'a', 'b'] as const).filter((slot) => infos[slot] !== undefined);
  const [slot, setSlot] = useState<TraceSlot>('run');
  const [filter, setFilter] = useState('');
  const [name, setName] = useState('');
  const info = infos[slot];
  if (info === undefined) return null;
  const stages = info.stages.filter((stage) => stage.name.includes(filter) || stage.step === filter);
  const stage = info.stages.find((each) => each.name === name) ?? info.stages.find((each) => each.name.endsWith('logits')) ?? info.stages[0];
  return (
    <div class="split">
      <div class="panel">
        <div class="controls">
          <label>Of <select value={slot} onChange={(event) => setSlot(event.currentTarget.value as TraceSlot)}>{slots.map((each) => <option key={each} value={each}>{each === 'run' ? 'this run' : `trace ${each.toUpperCase()}`}</option>)}</select></label>
          <label>Filter <input type="search" value={filter} placeholder="logits, clip1, S5 …" onInput={(event) => setFilter(event.currentTarget.value)} /></label>
        </div>
        <div class="scroll list" tabIndex={0} role="group" aria-label="Stages">
          <table class="numbers">
            <thead><tr><th scope="col">stage</th><th scope="col">step</th><th scope="col">shape</th><th scope="col">mean</th><th scope="col">std</th></tr></thead>
            <tbody>
              {stages.slice(0, 1000).map((each) => (
                <tr key={each.name} class={each === stage ? 'here' : ''}>
                  <th scope="row"><button type="button" class="link" onClick={() => setName(each.name)}>{each.name}</button></th>
                  <td>{each.step}</td><td>{each.shape.join('×')}</td><td>{each.mean.toPrecision(3)}</td><td>{each.std.toPrecision(3)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
      {stage !== undefined && <StageView slot={slot} stage={stage} key={`${slot} ${stage.name}`} />}
    </div>
  );
}
