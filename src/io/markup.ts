/** Text inside XML and HTML, between tags or in a quoted attribute, and inside Markdown. */

import { printable } from '../errors.ts';

const NAMES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' };

export function escapeMarkup(text: string): string {
  const allowed = [...text].filter((sign) => sign >= ' ' || sign === '\n' || sign === '\t'); // XML has no other controls
  return allowed.join('').replace(/[&<>"]/g, (sign) => `&${NAMES[sign]};`);
}

/** Text inside Markdown, on one line and in a table: shown as it is, whatever signs it has. */
export function escapeMarkdown(text: string): string {
  return printable(text).replace(/[\\`*_{}[\]<>()#+!|~&-]/g, (sign) => (/[<>&]/.test(sign) ? `&${NAMES[sign]};` : `\\${sign}`));
}
