/** A recording backend is a backend: it computes what the one inside computes, recording or not. */

import { referenceBackend } from '../../reference/backend.ts';
import { recorder } from '../../src/autograd/differentiate.ts';
import { describeBackend } from '../backend/suite.ts';

describeBackend('recording', () => recorder(referenceBackend(), []).backend, 1e-6);
