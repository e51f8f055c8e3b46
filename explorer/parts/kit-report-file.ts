/** The file that `infinitystar kit check --json` writes, as far as it is shown: from anywhere, so checked. */

export interface KitFault {
  readonly output: string;
  readonly step: string;
  readonly status: string;
  readonly where: string;
  readonly problem: string;
  readonly causes: readonly string[];
}

export interface KitCase {
  readonly id: string;
  readonly level: string;
  readonly status: string;
  readonly fault: KitFault | undefined;
}

export interface KitReport {
  readonly cases: readonly KitCase[];
}

const LARGEST = 50 * 2 ** 20;

/** @throws Error in words if it is no such report. */
export function parseKitReport(text: string): KitReport {
  if (text.length > LARGEST) throw new Error('the report is larger than 50 MB');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('no report of kit check: not JSON');
  }
  const { cases } = record(value);
  if (!Array.isArray(cases)) throw new Error('no report of kit check: it has no list of cases');
  return { cases: cases.map((each) => kitCase(record(each))) };
}

function kitCase(fields: Readonly<Record<string, unknown>>): KitCase {
  const fault = fields['divergence'];
  return { id: text(fields['id']), level: text(fields['level']), status: text(fields['status']), fault: fault === undefined ? undefined : kitFault(record(fault)) };
}

function kitFault(fields: Readonly<Record<string, unknown>>): KitFault {
  const causes = fields['causes'];
  return {
    output: text(fields['output']), step: text(fields['step']), status: text(fields['status']), where: text(fields['where']),
    problem: text(fields['problem']), causes: Array.isArray(causes) ? causes.slice(0, 10).map(text) : [],
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Error('no report of kit check: a part of it is no object');
  return value as Readonly<Record<string, unknown>>;
}

const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 300) : '');
