/** Forpost runs on Node 24: better-sqlite3 13 crashes older ones, and zstd, argon2 and native TypeScript are its own. */
export const oldestNode = 24;

/** Says so in one line and ends with status 1 where this Node is too old. Call before anything native is loaded. */
export function requireNode(version = process.versions.node): void {
  if (Number.parseInt(version, 10) >= oldestNode) return;
  process.stderr.write(
    `forpost needs Node ${oldestNode} or newer, and this is ${version}: start it through npm, which brings its own.\n`,
  );
  process.exit(1);
}
