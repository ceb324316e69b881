/** Forpost needs Node 24: better-sqlite3 13 crashes older ones, and zstd, argon2 and TypeScript are built into it. */
export const oldestNode = 24;

/** Ends with status 1 and one line on a Node that is too old. Call before native modules are loaded. */
export function requireNode(version = process.versions.node): void {
  if (Number.parseInt(version, 10) >= oldestNode) return;
  process.stderr.write(
    `forpost needs Node ${oldestNode} or newer; this is Node ${version}. Start it through npm, which brings Node ${oldestNode}.\n`,
  );
  process.exit(1);
}
