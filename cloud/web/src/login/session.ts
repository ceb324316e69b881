/** A log-in as the centre answers it; a centre of an older version knows no roles and no languages. */
export interface SessionAnswer {
  /** null: nobody is logged in */
  readonly user: string | null;
  readonly role?: string;
  /** that this person has chosen */
  readonly language?: string;
}
