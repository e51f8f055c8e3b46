/** The terms of the page in plain words. */

export const GLOSSARY = {
  scale: 'One size of the pyramid: a grid of t × h × w tokens. The smallest comes first, each later one refines what is there.',
  clip: 'A stretch of latent frames with a pyramid of its own. The first clip is a single frame: the image.',
  repetition: 'A scale may be predicted several times; each time the network sees what the last time added.',
  token: 'One cell of a scale\'s grid. It carries 16 bits (semantic) or 64 bits (detail) in the released models.',
  bit: 'The alphabet of the model: the sign of one channel of a code. All bits of a scale are drawn at once, each on its own.',
  margin: 'By how much the difference of a bit\'s two logits could change before another bit were drawn.',
  uniform: 'A random number from 0 to 1. The bit is 1 if it is at least the probability of 0; the same seed gives the same numbers.',
  logit: 'What the network says before softmax; a bit has two, for 0 and for 1.',
  latent: 'What the tokenizer makes of 16 × 16 pixels, and of four frames after the first: 64 channels.',
  'running code': 'The sum, at full size, of the codes of all steps so far. Decoding it shows what has been drawn.',
  guidance: 'Pushing the logits of the prompt away from those of a learned null text, so that the prompt counts more.',
  temperature: 'Logits are divided by it: below 1 the likelier bit comes more often, above 1 less often.',
  CFG: 'Classifier-free guidance: s times the prompt\'s logits, less s − 1 times the null text\'s.',
  APG: 'Adaptive projected guidance: the difference is shortened, and its part along the prompt\'s logits is left out.',
  PSNR: 'Peak signal-to-noise ratio in decibels: how near two pictures are. 20 is rough, 30 good, equal pictures infinite.',
  RoPE: 'Rotary position embedding: pairs of a key\'s or query\'s numbers are turned by angles that grow with the position.',
  'semantic vocabulary': 'Short codes for the small scales, which lay the picture out.',
  'detail vocabulary': 'Long codes for the large scales, which fill in what is fine.',
  trace: 'Every value of a run, stage by stage, in the order of execution, as the command line\'s --trace writes it.',
} as const;
