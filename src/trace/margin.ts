/**
 * How clear a drawn bit is: bit = 1 ⇔ u ≥ 1/(1 + exp(l₁ − l₀)) ⇔ l₁ − l₀ + ln(u/(1 − u)) ≥ 0. That sum is the margin,
 * in units of logits: by so much the logit difference may change before the bit does. Two programs whose logits differ
 * by more than the margin may rightly draw different bits. Spec S5.
 */

/** @param guided two logits for every bit. @param uniforms one for every bit. */
export function bitMargins(guided: ArrayLike<number>, uniforms: ArrayLike<number>): Float32Array {
  return Float32Array.from({ length: uniforms.length }, (_, i) => {
    const margin = guided[2 * i + 1] - guided[2 * i] + Math.log(uniforms[i] / (1 - uniforms[i]));
    return Math.max(-3e38, Math.min(3e38, margin)); // u = 0 decides for ever
  });
}
