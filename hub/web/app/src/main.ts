/** What runs first: it is small, and calls for the picture before the pages' own code takes the browser's time. */
import { begin } from './lib/entrance';
import { isOwners, parseRoute } from './lib/route';

/** How long the pages wait for that, in ms: a hub that does not answer is for them to tell. */
const patience = 300;

const route = parseRoute(location.hash);
const late = new Promise((done) => setTimeout(done, patience));
const called = isOwners(route) ? Promise.race([begin(route.page === 'home'), late]) : Promise.resolve();
void called.then(() => import('./page')).catch(sorry);

/** Without the pages' code there are no words in one language: it was not fetched, or the hub has another by now. */
function sorry() {
  const [what, again] = [document.createElement('p'), document.createElement('button')];
  what.textContent = 'The page did not come whole. · La page n’est pas arrivée en entier.';
  again.textContent = 'Try again · Réessayer';
  again.onclick = () => location.reload();
  document.getElementById('app')?.replaceChildren(what, again);
}
