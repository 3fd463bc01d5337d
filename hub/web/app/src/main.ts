/** What runs first: it is small, and calls for the picture before the pages' own code takes the browser's time. */
import { begin } from './lib/entrance';
import { isOwners, parseRoute } from './lib/route';

/** How long the pages wait for that, in ms: a hub that does not answer is for them to tell. */
const patience = 300;

const route = parseRoute(location.hash);
const late = new Promise((done) => setTimeout(done, patience));
const called = isOwners(route) ? Promise.race([begin(route.page === 'home'), late]) : Promise.resolve();
void called.then(() => import('./page'));
