// The 16-bit floating-point storage type (IEEE 754 binary16): bit patterns to numbers.

/** The number that a binary16 bit pattern stands for; exact. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  // Subnormals have no leading one and the exponent of the least normal numbers.
  const significand = exponent === 0 ? fraction : fraction + 1024;
  return sign * significand * 2 ** (Math.max(exponent, 1) - 25);
}
