/** The explorer: InfinityStar drawing, bit by bit, beside the paper. */

import { render } from 'preact';
import { App } from './app.tsx';

render(<App />, document.getElementById('app')!);
