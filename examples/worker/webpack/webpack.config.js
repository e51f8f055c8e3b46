export default {
  mode: 'production',
  entry: './main.js',
  output: { filename: 'main.js', path: new URL('out', import.meta.url).pathname, clean: true },
  performance: { hints: false },
};
