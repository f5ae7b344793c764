// Instruction sets as the schedules see them: one row each.

export interface Isa {
  readonly name: string;
}

/** Portable scalar code: one lane, multiply and add. */
export const scalar: Isa = { name: 'scalar' };
