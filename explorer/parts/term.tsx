/** A term of the field, explained on hover and focus. */

import { useId } from 'preact/hooks';
import { GLOSSARY } from '../glossary.ts';

export function Term({ of, children }: { readonly of: keyof typeof GLOSSARY; readonly children?: string }) {
  const id = useId();
  return (
    <span class="term">
      <button type="button" aria-describedby={id}>{children ?? of}</button>
      <span role="tooltip" id={id}>{GLOSSARY[of]}</span>
    </span>
  );
}
