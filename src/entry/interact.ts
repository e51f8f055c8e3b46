/** `infinitystar/interact`: stories told clip by clip, and videos of any number of clips. */

export { interactVideo } from '../pipeline/interact.ts';
export type { InteractRequest } from '../pipeline/interact.ts';
export { generateClips, joinVideos } from '../pipeline/long-video.ts';
