// Identifiers out of names that strangers chose.

/** Longest identifier made of a user's name. */
const maxIdentifier = 60;

/** The identifier nearest to a user's name: letters, digits and underscores, not starting with a digit; may be ''. */
export function identifierOf(name: string): string {
  const cleaned = name
    .slice(-4 * maxIdentifier)
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(-maxIdentifier)
    .replace(/^_+/, '');
  return /^[0-9]/.test(cleaned) ? `v${cleaned}` : cleaned;
}
