/** Citizen identity numbers (GB 11643-1999), by the rules of backend/domain/identity_numbers.py. */

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = "10X98765432";

export interface Identity {
  text: string;
  /** The month of birth, "1985-06". */
  born: string;
  female: boolean;
}

/** What a number tells of its bearer; null when it does not hold together. */
export function identity(typed: string): Identity | null {
  const text = typed.normalize("NFKC").replace(/\s/g, "").toUpperCase();
  if (!/^[1-9]\d{16}[\dX]$/.test(text)) return null;
  const sum = WEIGHTS.reduce((all, weight, at) => all + weight * Number(text[at]), 0);
  if (CHECKS[sum % 11] !== text[17]) return null;
  const [year, month, day] = [text.slice(6, 10), text.slice(10, 12), text.slice(12, 14)];
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day)) return null;
  return { text, born: `${year}-${month}`, female: Number(text[16]) % 2 === 0 };
}

/** 3707**********0024, as the server shows it. */
export function masked(number: string): string {
  return number.slice(0, 4) + "*".repeat(number.length - 8) + number.slice(-4);
}
