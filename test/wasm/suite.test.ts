/** The operator suite, on one thread and on two. */

import { wasmBackend } from '../../backends/wasm/index.ts';
import { describeBackend } from '../backend/suite.ts';

describeBackend('wasm, one thread', () => wasmBackend({ threads: 1 }));
describeBackend('wasm, two threads', () => wasmBackend({ threads: 2 }));
