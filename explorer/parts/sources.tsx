/** Where a view's steps are: paper, spec, source file and line. Source is shown on the page, from files beside it. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { SPEC } from 'virtual:spec';

const PAPER = 'https://arxiv.org/abs/2511.04675';

interface Place {
  readonly file: string;
  readonly line: number;
}

export function Sources({ steps }: { readonly steps: readonly string[] }) {
  const [open, setOpen] = useState<Place | undefined>(undefined);
  return (
    <details class="sources">
      <summary>In the paper and the source: {steps.join(', ')}</summary>
      <ul>
        {steps.map((id) => {
          const { title, paper, specLine, places } = SPEC[id];
          return (
            <li key={id}>
              <button type="button" class="link" onClick={() => setOpen({ file: 'docs/steps.md', line: specLine })}>Step {id}</button> {title} ·{' '}
              <a href={PAPER} target="_blank" rel="noreferrer">paper {paper}</a>
              {places.map((place) => (
                <button type="button" class="link file" key={place.file} onClick={() => setOpen(place)}>{place.file}:{place.line}</button>
              ))}
            </li>
          );
        })}
      </ul>
      {open !== undefined && <SourceText {...open} close={() => setOpen(undefined)} />}
    </details>
  );
}

function SourceText({ file, line, close }: Place & { readonly close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('loading …');
  useEffect(() => {
    dialog.current?.showModal();
    fetch(`source/${file}`).then(
      async (response) => setText(response.ok ? await response.text() : 'this file is not here'),
      () => setText('this file cannot be fetched: offline?'),
    );
  }, [file]);
  useEffect(() => {
    dialog.current?.querySelector('.here')?.scrollIntoView({ block: 'center' });
  }, [text, line]);
  return (
    <dialog ref={dialog} class="source" onClose={close} aria-label={`${file}, line ${line}`}>
      <header><strong>{file}</strong> line {line} <button type="button" onClick={() => dialog.current?.close()}>Close</button></header>
      <pre tabIndex={0}>
        {text.split('\n').map((content, i) => <code key={i} class={i + 1 === line ? 'here' : ''} data-line={i + 1}>{content}{'\n'}</code>)}
      </pre>
    </dialog>
  );
}
