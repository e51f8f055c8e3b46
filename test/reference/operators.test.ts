import { referenceBackend } from '../../reference/backend.ts';
import { describeBackend } from '../backend/suite.ts';

// Sums in doubles: only the results are rounded.
describeBackend('reference', referenceBackend, 1e-6);
