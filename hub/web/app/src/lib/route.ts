/** Which page the address asks for. Everything is after the #, so that no secret reaches a server's log. */

export type Route =
  | { page: 'home' }
  | { page: 'plan' }
  | { page: 'log' }
  | { page: 'delivery'; delivery: string }
  | { page: 'pair'; device: string; key: string; secret: string; zone: string | null; lamp: string | null }
  | { page: 'courier'; delivery: string; key: string; secret: string } // secret: what a QR form holds; else empty
  | { page: 'lost' };

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
      return { page };
    case 'd':
      return { page: 'delivery', delivery: id };
    case 'c':
      return { page: 'courier', delivery: id, key: ask.get('k') ?? '', secret: ask.get('q') ?? '' };
    case 'pair':
      return {
        page,
        device: ask.get('device') ?? '',
        key: ask.get('key') ?? '',
        secret: ask.get('secret') ?? '',
        zone: ask.get('zone'),
        lamp: ask.get('lamp'),
      };
    default:
      return { page: 'lost' };
  }
}

/** The link that an owner hands to a courier: the notice, and the key to check the device with. */
export const courierLink = (origin: string, delivery: string, deviceKey: string): string =>
  `${origin}/#/c/${delivery}?k=${deviceKey}`;
