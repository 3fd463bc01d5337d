/** Which page the address asks for. Everything is after the #, so that no secret reaches a server's log. */

export type Route =
  | { page: 'home' }
  | { page: 'plan' }
  | { page: 'log' }
  | { page: 'people' }
  | { page: 'delivery'; delivery: string }
  | { page: 'drill'; delivery: string } // delivery: empty for one that is yet to be planned
  | { page: 'pair'; device: string; key: string; secret: string; zone: string | null; lamp: string | null }
  | { page: 'join'; link: JoinLink }
  | { page: 'courier'; delivery: string; key: string; secret: string; door: string } // secret: what a QR form holds; else empty; door: what its owner calls it, if they have several
  | { page: 'lost' };

/** Whether a page is of those who have a key here. */
export const isOwners = (r: Route): boolean => r.page !== 'pair' && r.page !== 'join' && r.page !== 'courier' && r.page !== 'lost';

/** What an invitation's link says. by is who invites, as they call themselves. The device's name is its key's. */
export interface JoinLink {
  key: string; // the device's signing key
  owner: string; // the owner's public key
  secret: string;
  by: string;
  zone: string | null;
  lamp: string | null;
  door?: string; // what the owner calls it, if they have several
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const ask = new URLSearchParams(query);
  const [page, id = '', ...rest] = path.split('/');
  if (rest.length > 0) return { page: 'lost' };
  switch (page) {
    case '':
      return { page: 'home' };
    case 'plan':
    case 'log':
    case 'people':
      return { page };
    case 'd':
      return { page: 'delivery', delivery: id };
    case 'drill':
      return { page, delivery: id };
    case 'c':
      return { page: 'courier', delivery: id, key: ask.get('k') ?? '', secret: ask.get('q') ?? '', door: named(ask) };
    case 'pair':
      return {
        page,
        device: ask.get('device') ?? '',
        key: ask.get('key') ?? '',
        secret: ask.get('secret') ?? '',
        zone: ask.get('zone'),
        lamp: ask.get('lamp'),
      };
    case 'join':
      return {
        page,
        link: {
          key: ask.get('k') ?? '',
          owner: ask.get('o') ?? '',
          secret: ask.get('s') ?? '',
          by: ask.get('n') ?? '',
          zone: ask.get('z'),
          lamp: ask.get('l'),
          door: named(ask),
        },
      };
    default:
      return { page: 'lost' };
  }
}

/** The longest name of a door, in characters. */
export const longestDoor = 40;

/** What a link calls the door: somebody else's words. */
const named = (ask: URLSearchParams): string => [...(ask.get('d') ?? '')].slice(0, longestDoor).join('').trim();

/**
 * The link that an owner hands to a courier: the notice, and the key to check the device with; and which door it is,
 * where there are several.
 */
export const courierLink = (origin: string, delivery: string, deviceKey: string, door = ''): string =>
  `${origin}/#/c/${delivery}?k=${deviceKey}${door && '&' + new URLSearchParams({ d: door })}`;

/** The link that invites somebody. All of it is after the #, so that the hub sees nothing of it; short, as it is a QR code too. */
export function joinLink(origin: string, l: JoinLink): string {
  const q = new URLSearchParams({ k: l.key, o: l.owner, s: l.secret, n: l.by, z: l.zone ?? '', l: l.lamp ?? '', ...(l.door && { d: l.door }) });
  return `${origin}/#/join?${q.toString().replaceAll('%2C', ',').replaceAll('%7E', '~')}`;
}
