/** The owner's side of who may do what: the people, the invitations, and what the owner signs about them. */
import * as api from './api';
import { equal, fromBase64Url, random, toBase64Url, type Bytes } from './bytes';
import type { Device } from './keep';
import * as keep from './keep';
import { digits, inviteName, isGenuine, type Door, type Invitation } from './invite';
import { membersOf, type Member } from './members';
import { keyId, SignatureError, type Signer } from './note';
import { maxGrant, signGrant, signRevocation, type Right, type Role } from './pass';
import { epoch } from './plan';
import { joinLink } from './route';
import { writeShape } from './zone';

/** What an owner wants to invite somebody to. */
export interface Offer {
  name: string;
  role: Role;
  may: Right[];
  days: number;
}

/** An invitation, and who answered it. */
export interface Invited extends Invitation {
  link: string;
  answer: { key: Bytes; name: string; digits: string } | 'forged' | null;
}

const slack = 5 * 60_000; // ms by which a grant begins before now, for clocks that lag

class People {
  members = $state.raw<Member[]>([]);
  invited = $state.raw<Invited[]>([]);

  #device: Device | null = null;
  #key: Signer | null = null;
  #name = '';
  #asked = 0; // an older answer that comes last is not taken

  get #door(): Door {
    return { device: this.#device!.device, sign: this.#device!.sign, owner: this.#key!.pub };
  }

  /** Asks anew, for the owner of a device; name is how they call themselves. */
  async load(device: Device, key: Signer, name: string) {
    [this.#device, this.#key, this.#name] = [device, key, name];
    const mine = ++this.#asked;
    const [carried, said, kept] = await Promise.all([api.people(device.device), keep.said(device.device), keep.invitations()]);
    await this.#again(said, carried);
    const members = await membersOf(device.device, key.pub, said, carried.people);
    const ours = kept.filter((i) => i.device === device.device);
    const open = ours.filter((i) => carried.invites.some((c) => c.invite === i.invite));
    for (const i of ours) if (!open.includes(i) && i.until < new Date()) await keep.dropInvitation(i.invite);
    const invited = await Promise.all(open.map((i) => this.#look(i, carried.invites.find((c) => c.invite === i.invite)!)));
    if (mine === this.#asked) [this.members, this.invited] = [members, invited];
  }

  /** Says once more what the hub does not have, of another door of ours. */
  async mend(device: string) {
    const said = await keep.said(device);
    if (said.length > 0) await this.#again(said, await api.people(device));
  }

  /** Says once more what the hub does not have: it was out of reach, or lost it. */
  async #again(said: readonly keep.Said[], carried: api.People) {
    for (const s of said) {
      const has = carried.people.find((p) => p.person === s.person);
      for (const note of [s.revocation, s.grant]) {
        const old = Date.now() - Date.parse(/^at (.*)$/m.exec(note ?? '')?.[1] ?? '') > maxGrant.member;
        if (!note || old || note === has?.grant || note === has?.revocation) continue;
        await api.say(note).catch((error) => console.warn('a word about somebody is not with the hub:', error));
      }
    }
  }

  async #look(i: Invitation, c: api.People['invites'][number]): Promise<Invited> {
    const link = this.#link(i);
    if (!c.key) return { ...i, link, answer: null };
    const said = { key: c.key, name: c.name ?? '', mac: c.mac ?? '' };
    const key = fromBase64Url(c.key);
    if (!key || !(await isGenuine(i.secret, this.#door, said)) || (i.key && !equal(i.key, key))) return { ...i, link, answer: 'forged' };
    if (!i.key) await keep.keepInvitation({ ...i, key });
    // The digits take a moment; they are made once.
    const before = this.invited.find((x) => x.invite === i.invite)?.answer;
    const known = before && before !== 'forged' && equal(before.key, key) ? before.digits : null;
    return { ...i, link, answer: { key, name: said.name, digits: known ?? (await digits(i.secret, this.#door, key)) } };
  }

  #link(i: Invitation): string {
    const { sign, owner } = this.#door;
    return joinLink(location.origin, {
      key: toBase64Url(sign),
      owner: toBase64Url(owner),
      secret: toBase64Url(i.secret),
      by: this.#name,
      door: this.#device!.called,
      ...writeShape(this.#device!),
    });
  }

  #reload(): Promise<void> {
    return this.load(this.#device!, this.#key!, this.#name);
  }

  /** Makes an invitation. Its secret stays here and in its link. */
  async invite(o: Offer) {
    const secret = random(16);
    const invite = await inviteName(secret);
    const device = this.#device!.device;
    const { until } = await api.invite(device, invite);
    await keep.keepInvitation({ ...o, invite, device, secret, until: new Date(until) });
    await this.#reload();
  }

  /** Takes an invitation back; nobody who has its link can answer any more. */
  async withdraw(invite: string) {
    await api.uninvite(invite).catch((error) => {
      if (!(error instanceof api.HubError && error.status === 404)) throw error;
    });
    await keep.dropInvitation(invite);
    await this.#reload();
  }

  /** Signs what was offered, for the very key whose digits somebody compared. */
  async confirm(i: Invited) {
    if (!i.answer || i.answer === 'forged') throw new SignatureError('nobody has answered');
    const now = new Date();
    const length = i.role === 'installer' ? maxGrant.installer - slack : i.days * 86_400_000;
    const person = await keyId(i.answer.key);
    const note = await signGrant(
      {
        device: i.device,
        key: i.answer.key,
        name: i.name,
        role: i.role,
        may: i.may,
        from: new Date(now.getTime() - slack),
        until: new Date(now.getTime() + length),
        epoch,
        at: await this.#next(person),
      },
      this.#key!,
    );
    const before = await this.#saidOf(person);
    await keep.keepSaid({ ...before, grant: note });
    try {
      await api.say(note);
    } catch (error) {
      await keep.keepSaid(before); // or it would be said later, whatever the owner does now
      throw error;
    }
    // The link stays good for whoever answered until they have heard; it says nothing to anybody else.
    await keep.dropInvitation(i.invite);
    await this.#reload();
  }

  /** Ends whatever was granted to a person. */
  async remove(person: string) {
    const note = await signRevocation({ device: this.#device!.device, key: person, at: await this.#next(person), nonce: random(16) }, this.#key!);
    await keep.keepSaid({ ...(await this.#saidOf(person)), revocation: note });
    await api.say(note);
    await this.#reload();
  }

  async #saidOf(person: string): Promise<keep.Said> {
    const { device } = this.#device!;
    return (await keep.said(device)).find((s) => s.person === person) ?? { person, device };
  }

  /** When the next word about a person is signed: now, and after the one before. */
  async #next(person: string): Promise<Date> {
    const m = this.members.find((x) => x.person === person);
    const last = Math.max(m?.grant.at.getTime() ?? 0, m?.removed?.getTime() ?? 0);
    return new Date(Math.max(Date.now(), last + 1000));
  }
}

export const people = new People();
