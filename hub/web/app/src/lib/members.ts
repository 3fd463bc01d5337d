/** Who may do what at a door, of the signed words about it. */
import { FormError } from './form';
import { keyId, SignatureError } from './note';
import { openGrant, openRevocation, type Grant, type Revocation } from './pass';
import type { Bytes } from './bytes';

/** Signed words about one person, from wherever; the hub may bring some, old ones, or none. */
export interface Words {
  person: string; // key id
  grant?: string;
  revocation?: string;
}

/** A person to whom the owner granted something at some time. */
export interface Member {
  person: string;
  grant: Grant;
  removed: Date | null; // when the owner took it back
}

const later = (a: { at: Date; note: string }, b: { at: Date; note: string } | undefined): boolean =>
  !b || a.at > b.at || (a.at.getTime() === b.at.getTime() && a.note > b.note);

/** What a note says, or null for one that the owner did not sign. */
async function opened<T>(note: string | undefined, open: (note: string) => Promise<T>): Promise<(T & { note: string }) | null> {
  if (!note) return null;
  try {
    return { ...(await open(note)), note };
  } catch (error) {
    if (error instanceof SignatureError || error instanceof FormError) return null;
    throw error;
  }
}

/** The people of a device, by name: of each the latest word of either kind counts, wherever it comes from. */
export async function membersOf(device: string, owner: Bytes, ...sources: readonly (readonly Words[])[]): Promise<Member[]> {
  const grants = new Map<string, Grant & { note: string }>();
  const ends = new Map<string, Revocation & { note: string }>();
  for (const w of sources.flat()) {
    const g = await opened(w.grant, (n) => openGrant(n, owner));
    if (g?.device === device && (await keyId(g.key)) === w.person && later(g, grants.get(w.person))) grants.set(w.person, g);
    const v = await opened(w.revocation, (n) => openRevocation(n, owner));
    if (v?.device === device && v.key === w.person && later(v, ends.get(w.person))) ends.set(w.person, v);
  }
  return [...grants]
    .map(([person, grant]) => {
      const end = ends.get(person);
      return { person, grant, removed: end && end.at >= grant.at ? end.at : null };
    })
    .sort((a, b) => a.grant.name.localeCompare(b.grant.name));
}

/** Whether a grant holds at a moment. */
export const holds = (m: Member, now: Date): boolean => !m.removed && m.grant.from <= now && now < m.grant.until;
