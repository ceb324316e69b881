/** The check of evidence: asks the centre for the picture of a camera's alarm, as staff do, and waits until the site sends it. */
import { createHash } from 'node:crypto';
import type { HttpClient } from './http-client.ts';

interface Piece {
  readonly id: string;
  readonly sha256: string;
  readonly size: number;
  readonly media: string;
}

interface AlertWithEvidence {
  readonly alarm: string;
  readonly piece: Piece;
}

/** A picture that an alert since `from` (RFC 3339) names; undefined while there is none. */
export async function picturedAlert(
  centre: HttpClient,
  gateway: string,
  from: string,
): Promise<AlertWithEvidence | undefined> {
  for await (const { data } of centre.events({ gateway, type: 'forpost.alert.v1', from })) {
    const { alarm, evidence } = data as { readonly alarm?: string; readonly evidence?: readonly Piece[] };
    const piece = evidence?.find(({ media }) => media === 'image/jpeg');
    if (alarm !== undefined && piece !== undefined) return { alarm, piece };
  }
  return undefined;
}

/** Asks the gateway for the picture. */
export async function askFor(centre: HttpClient, gateway: string, { alarm, piece }: AlertWithEvidence): Promise<void> {
  const { id, sha256, size, media } = piece;
  await centre.post(`/api/v1/gateways/${gateway}/evidence`, { evidence: id, sha256, size, media, alarm });
}

/** Whether the centre has the whole picture. */
export async function hasArrived(centre: HttpClient, gateway: string, { piece }: AlertWithEvidence): Promise<boolean> {
  const path = `/api/v1/gateways/${gateway}/evidence`;
  const { evidence } = await centre.get<{ evidence: readonly { sha256: string; arrived: string | null }[] }>(path);
  if (!evidence.some(({ sha256, arrived }) => sha256 === piece.sha256 && arrived !== null)) return false;
  const bytes = await centre.bytes(`${path}/${piece.sha256}`);
  return createHash('sha256').update(bytes).digest('hex') === piece.sha256;
}
