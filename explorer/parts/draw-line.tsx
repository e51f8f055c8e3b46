/** How one bit was decided: p(0) to the left, p(1) to the right, and where its uniform fell. */

import { scaleLinear } from 'd3-scale';
import { ONE, ZERO } from './bit-grid.tsx';

export function DrawLine({ zero, uniform }: { readonly zero: number; readonly uniform: number }) {
  const x = scaleLinear().domain([0, 1]).range([4, 316]);
  const bit = uniform >= zero ? 1 : 0;
  return (
    <svg class="draw-line" viewBox="0 0 320 58" role="img"
      aria-label={`probability of 0: ${zero.toFixed(4)}; the uniform ${uniform.toFixed(4)} makes it ${bit}`}>
      <rect x={x(0)} y="20" width={x(zero) - x(0)} height="16" fill={`rgb(${ZERO})`} />
      <rect x={x(zero)} y="20" width={x(1) - x(zero)} height="16" fill={`rgb(${ONE})`} />
      <path d={`M${x(uniform)} 40 l-5 9 h10 z`} fill="currentColor" />
      <line x1={x(uniform)} x2={x(uniform)} y1="14" y2="40" stroke="currentColor" stroke-width="2" />
      <text x={x(0)} y="12">p(0) = {zero.toFixed(4)}</text>
      <text x={x(1)} y="12" text-anchor="end">p(1) = {(1 - zero).toFixed(4)}</text>
      <text x={Math.min(Math.max(x(uniform), 50), 270)} y="57" text-anchor="middle">u = {uniform.toFixed(4)} → {bit}</text>
    </svg>
  );
}
