/** Memory is shared with threads where the page is isolated from other sites; without these headers one thread computes. */
const isolated = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default {
  build: { target: 'es2022' },
  worker: { format: 'es' },
  server: { headers: isolated },
  preview: { headers: isolated },
};
