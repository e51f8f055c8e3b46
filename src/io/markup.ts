/** Text inside XML and HTML, between tags or in a quoted attribute. */

const NAMES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' };

export function escapeMarkup(text: string): string {
  const allowed = [...text].filter((sign) => sign >= ' ' || sign === '\n' || sign === '\t'); // XML has no other controls
  return allowed.join('').replace(/[&<>"]/g, (sign) => `&${NAMES[sign]};`);
}
