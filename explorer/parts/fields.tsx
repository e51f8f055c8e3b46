/** Labelled inputs. */

import type { ComponentChildren } from 'preact';

interface RangeProps {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly shown?: string;
  readonly onInput: (value: number) => void;
}

export function Range({ label, value, min, max, step = 1, shown = String(value), onInput }: RangeProps) {
  return (
    <label class="range">
      <span>{label} <output>{shown}</output></span>
      <input type="range" min={min} max={max} step={step} value={value} onInput={(event) => onInput(Number(event.currentTarget.value))} />
    </label>
  );
}

interface PickProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, text: string])[];
  readonly onPick: (value: T) => void;
}

export function Pick<T extends string>({ label, value, options, onPick }: PickProps<T>) {
  return (
    <label class="pick">
      <span>{label}</span>
      <select value={value} onChange={(event) => onPick(event.currentTarget.value as T)}>
        {options.map(([each, text]) => <option key={each} value={each}>{text}</option>)}
      </select>
    </label>
  );
}

/** One of a few, all visible. */
export function Choice<T extends string>({ label, value, options, onPick }: PickProps<T>) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {options.map(([each, text]) => (
        <label key={each} class={each === value ? 'on' : ''}>
          <input type="radio" name={label} checked={each === value} onChange={() => onPick(each)} />{text}
        </label>
      ))}
    </fieldset>
  );
}

export function Stat({ name, children }: { readonly name: ComponentChildren; readonly children: ComponentChildren }) {
  return <div class="stat"><dt>{name}</dt><dd>{children}</dd></div>;
}
