/** How a view opens: its name, two sentences, where to read on. */

import type { ComponentChildren } from 'preact';
import { Sources } from './sources.tsx';

interface ViewHeadProps {
  readonly title: string;
  readonly paper: string;
  readonly steps: readonly string[];
  readonly children: ComponentChildren;
}

export function ViewHead({ title, paper, steps, children }: ViewHeadProps) {
  return (
    <header class="view-head">
      <h2>{title} <span class="paper">{paper}</span></h2>
      <p>{children}</p>
      <Sources steps={steps} />
    </header>
  );
}
