// Keeps what was read, for when the network is gone. Online, everything comes from the network: nothing stale is shown.
const KEPT = 'keptPREFIX', SHELL = 'shellPREFIX-LOOK', OFFLINE = 'PREFIX/offline', MOST = 300;
const READ = /^PREFIX_PATTERN\/(a\/[^/.]+\/?|d\/[\d-]+\/|bookmarks\/?|)$/;

// The offline page is kept before it is needed; a new look brings a new one, and the old one goes.
addEventListener('install', e => e.waitUntil((async () => {
await keepOpen();
const response = await fetch(OFFLINE);
if (!response.ok) throw Error(response.status);
await (await caches.open(SHELL)).put(OFFLINE, unredirected(response));
await skipWaiting()
})()));
addEventListener('activate', e => e.waitUntil((async () => {
for (const n of await caches.keys()) if (n.startsWith('shellPREFIX-') && n != SHELL) await caches.delete(n);
await clients.claim();
await keepOpen()
})()));

// Pages that came before the worker: the browser's own cache still has them, however old, when the network is gone.
const keepOpen = async () => {
for (const c of await clients.matchAll({includeUncontrolled: true})) {
const u = new URL(c.url);
if (READ.test(u.pathname) && !u.search) await fetch(u.pathname, {cache: 'force-cache'}).then(response => response.ok && keep(u.pathname, response)).catch(() => 0)
}
};
// A browser refuses to show a page from the cache that came by a redirect, as a static host answers /offline; a copy it shows.
const unredirected = response => response.redirected ? new Response(response.body, response) : response;
// One copy of each address, the newest, once it is there in full; the ones read longest ago go first.
const keep = async (request, response) => {
const cache = await caches.open(KEPT);
await cache.put(request, unredirected(response));
const keys = await cache.keys();
for (const old of keys.slice(0, -MOST)) await cache.delete(old, {ignoreVary: true})
};
const kept = request => caches.match(request, {ignoreVary: true});
// A kept page says that the network is gone and of when it is, in the words of the offline page.
const dated = async response => {
if (!response) return;
const text = await response.clone().text(), said = /<p id=age hidden>(.*?)</.exec(await (await kept(OFFLINE))?.text()), time = new Date(response.headers.get('date'));
return said && time > 0 ? new Response(text.replace('<main id=main>', `$&<p class=note role=status>${said[1]}${time.toLocaleString(/lang=([\w-]+)/.exec(text)[1], {dateStyle: 'medium', timeStyle: 'short'})}</p>`), response) : response
};
addEventListener('fetch', e => {
const r = e.request, u = new URL(r.url), path = u.pathname;
if (r.method != 'GET' || u.origin != location.origin) return;
// A picture's address is bound to its content: once here, it is right for ever.
if (/^PREFIX_PATTERN\/media\/.*\.(avif|webp|jpg)$/.test(path)) {
e.respondWith(kept(r).then(hit => hit || fetch(r).then(response => {
if (response.ok) e.waitUntil(keep(r, response.clone()));
return response
})));
return
}
// A feed's address is left to the browser, which says that a person looks (Sec-Fetch-Dest); from here it would not.
if (r.mode != 'navigate' || /\.(xml|json)$/.test(path)) return;
// /a/rain is /a/rain/ on a static host.
const here = async () => READ.test(path) && dated(await kept(path) || await kept(path.endsWith('/') ? path.slice(0, -1) : path + '/'));
// Without a network the browser's own cache answers for minutes, and says nothing of it.
e.respondWith(Promise.resolve(!navigator.onLine && !u.search && here()).then(found => found || fetch(r).then(response => {
if (response.ok && !u.search && READ.test(path)) e.waitUntil(keep(path, response.clone()));
if ([404, 410].includes(response.status)) e.waitUntil(caches.open(KEPT).then(c => c.delete(path, {ignoreVary: true})));
return response
}, async () => await here() || unredirected(await kept(OFFLINE)))))
})
