/** The session in the centre's answer; an older centre sends no role and no language. */
export interface SessionAnswer {
  /** null: nobody is logged in */
  readonly user: string | null;
  readonly role?: string;
  /** the user's chosen language */
  readonly language?: string;
}
