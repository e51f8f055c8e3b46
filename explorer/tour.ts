/** The algorithm from prompt to pixels in a few stops, told with the page's own state. */

import type { State } from './state/state.ts';

export interface Stop {
  readonly title: string;
  readonly text: string;
  /** What the page then shows. */
  readonly state: Partial<State>;
}

export const TOUR: readonly Stop[] = [
  {
    title: 'A prompt, and nothing yet',
    text: 'The prompt is cut into tokens and sent through a text encoder. The transformer reads these once; every later step looks back at them. What you see is after the very first step: a single token for the whole image.',
    state: { view: 'pyramid', clip: 0, scale: 0, repeat: 0 },
  },
  {
    title: 'From coarse to fine',
    text: 'The image is drawn scale by scale. Each scale predicts a whole grid at once, from what the sum of all before it looks like at its size. Step through with the buttons.',
    state: { view: 'pyramid', clip: 0, scale: 2, repeat: 0 },
  },
  {
    title: 'Again, and better',
    text: 'The small scales are predicted twice: the second time the network sees what the first one added, and mends it. The paper calls it semantic scale repetition.',
    state: { view: 'pyramid', clip: 0, scale: 1, repeat: 1 },
  },
  {
    title: 'Then time',
    text: 'After the image come clips of several latent frames, each with a pyramid of its own. Space grows from scale to scale; time is there from the first.',
    state: { view: 'pyramid', clip: 1, scale: 1, repeat: 0 },
  },
  {
    title: 'Tokens are bits',
    text: 'A token is 16 or 64 signs. The network gives two logits for each, one uniform decides. So a vocabulary of 2⁶⁴ needs a head of 128 numbers.',
    state: { view: 'bits', clip: 1, scale: 1, repeat: 0, token: 0, bit: 0 },
  },
  {
    title: 'What a bit means',
    text: 'Turn the bit that was surest and decode: something in the picture changes. Then have all that follows drawn again with the same uniforms: the later scales take the turned bit as given.',
    state: { view: 'bits', clip: 0, scale: 0, repeat: 1, token: 0, bit: 0 },
  },
  {
    title: 'Who sees whom',
    text: 'A scale of a clip looks at the text, at the largest scale of the clip before, and at itself. All else is left out: the matrix is mostly empty, and stays so however long the video is.',
    state: { view: 'attention', clip: 1, scale: 2, repeat: 0, token: 0, block: 0, head: 0 },
  },
  {
    title: 'Where a token stands',
    text: 'Positions are told by turns. A quarter of the pairs each is for scale, time, height and width; small grids stand on the coordinates of the largest, so that all scales agree on where left is.',
    state: { view: 'rope', clip: 1, scale: 3, repeat: 0, token: 0, other: 5 },
  },
  {
    title: 'Pushing towards the prompt',
    text: 'Every step runs a second time without the prompt. The difference, made larger, is guidance; temperature sets how much chance is left. Move the sliders: bits turn, and the picture with them.',
    state: { view: 'guidance', clip: 0, scale: 1, repeat: 0 },
  },
  {
    title: 'From bits to pixels, and back',
    text: 'The codes of all steps are added up and decoded by a causal 3-D convolutional network. The same tokenizer goes the other way: try a picture of your own, and see what each scale adds.',
    state: { view: 'tokenizer' },
  },
  {
    title: 'Every number',
    text: 'Nothing here is drawn by hand: it is the library that computes, and this is its trace, equal to what the command line writes. Open two traces to see where two programs part. Then read the source beside the paper.',
    state: { view: 'traces' },
  },
];
