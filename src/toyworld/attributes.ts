/**
 * What a toy video shows, and how it is said: `a {colour} {shape} {motion} on a {background} background`.
 *
 * 6 colours × 3 shapes × 5 motions × 3 backgrounds make 270 captions. 36 of them are held out: no training sample has
 * them, though each of their colour, shape and background is trained on with three other motions.
 */

/** Red, green, blue, 0 … 255, sRGB. */
export type Rgb = readonly [number, number, number];

export const COLOURS = {
  red: [230, 40, 40],
  green: [40, 200, 70],
  blue: [50, 90, 235],
  yellow: [240, 220, 50],
  magenta: [220, 60, 220],
  cyan: [60, 215, 225],
} as const satisfies Record<string, Rgb>;

export const BACKGROUNDS = {
  black: [12, 12, 16],
  white: [240, 240, 240],
  gray: [120, 120, 125],
} as const satisfies Record<string, Rgb>;

/** Directions (x, y), y downwards. */
export const MOTIONS = {
  'moving left': [-1, 0],
  'moving right': [1, 0],
  'moving up': [0, -1],
  'moving down': [0, 1],
  'staying still': [0, 0],
} as const satisfies Record<string, readonly [number, number]>;

export const SHAPES = ['circle', 'square', 'triangle'] as const;

export type Colour = keyof typeof COLOURS;
export type Background = keyof typeof BACKGROUNDS;
export type Motion = keyof typeof MOTIONS;
export type ToyShape = (typeof SHAPES)[number];

export interface Attributes {
  readonly colour: Colour;
  readonly shape: ToyShape;
  readonly motion: Motion;
  readonly background: Background;
}

export const COLOUR_NAMES = Object.keys(COLOURS) as readonly Colour[];
export const BACKGROUND_NAMES = Object.keys(BACKGROUNDS) as readonly Background[];
export const MOTION_NAMES = Object.keys(MOTIONS) as readonly Motion[];

/** All 270, in a fixed order. */
export const ALL_ATTRIBUTES: readonly Attributes[] = COLOUR_NAMES.flatMap((colour) => {
  return SHAPES.flatMap((shape) => {
    return MOTION_NAMES.flatMap((motion) => BACKGROUND_NAMES.map((background) => ({ colour, shape, motion, background })));
  });
});

/** Whether no training sample has this caption. Every value of every attribute is held out about equally often. */
export function isHeldOut({ colour, shape, motion, background }: Attributes): boolean {
  const c = COLOUR_NAMES.indexOf(colour);
  const look = (c + SHAPES.indexOf(shape) + BACKGROUND_NAMES.indexOf(background)) % 3;
  const turn = (c + MOTION_NAMES.indexOf(motion)) % 5;
  return look === 0 && (turn === 0 || turn === 2);
}

export function captionOf({ colour, shape, motion, background }: Attributes): string {
  return `a ${colour} ${shape} ${motion} on a ${background} background`;
}

/** The attributes that a text names, in whatever order; of several values of one attribute the first. */
export function attributesOf(caption: string): Partial<Attributes> {
  const words = wordsOf(caption.toLowerCase());
  const find = <T extends string>(names: readonly T[], word: (name: T) => string): T | undefined => {
    const first = words.find((spoken) => names.some((name) => word(name) === spoken));
    return names.find((name) => word(name) === first);
  };
  const same = (name: string): string => name;
  const colour = find(COLOUR_NAMES, same);
  const shape = find(SHAPES, same);
  const motion = find(MOTION_NAMES, (name) => name.split(' ')[1]); // left, right, up, down, still
  const background = find(BACKGROUND_NAMES, same);
  return {
    ...(colour === undefined ? {} : { colour }),
    ...(shape === undefined ? {} : { shape }),
    ...(motion === undefined ? {} : { motion }),
    ...(background === undefined ? {} : { background }),
  };
}

/** Every word that a caption can have. */
export const KNOWN_WORDS: readonly string[] = [...new Set(ALL_ATTRIBUTES.map(captionOf).flatMap(wordsOf))];

/** Words without the punctuation around them. */
function wordsOf(text: string): string[] {
  return text
    .split(/\s+/)
    .map((word) => word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''))
    .filter((word) => word !== '');
}
