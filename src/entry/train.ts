/** `infinitystar/train`: gradients of whatever is written against a backend, the optimizer, the losses, and whole runs. */

export { differentiate } from '../autograd/differentiate.ts';
export type { DifferentiateOptions } from '../autograd/differentiate.ts';
export { adamwStep, initialState, RELEASED_ADAMW } from '../training/adamw.ts';
export type { AdamWConfig, AdamWState } from '../training/adamw.ts';
export { bitLoss } from '../training/bit-loss.ts';
export type { ScaleLabels, TokenLosses } from '../training/bit-loss.ts';
export { runTraining } from '../training/run/loop.ts';
export type { RunOptions, RunResult, StepPlan, TrainingTask } from '../training/run/loop.ts';
export { parseTokenizerRecipe, parseTransformerRecipe } from '../training/run/parse-recipe.ts';
export { readTokenizerRecipe, readTransformerRecipe } from '../training/run/read-recipe.ts';
export type { TokenizerRecipe, TransformerRecipe } from '../training/run/recipe.ts';
export { tokenizerTask } from '../training/run/tokenizer-task.ts';
export type { TokenizerTaskOptions } from '../training/run/tokenizer-task.ts';
export { transformerTask } from '../training/run/transformer-task.ts';
export type { TransformerTaskOptions } from '../training/run/transformer-task.ts';
