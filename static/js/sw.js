// Keeps what was read, for when the network is gone. Online, everything comes from the network: nothing stale is shown.
const KEPT = 'keptPREFIX', SHELL = 'shellPREFIX-LOOK', OFFLINE = 'PREFIX/offline', MOST = 300;
const READ = /^PREFIX_PATTERN\/(a\/[^/.]+\/?|d\/[\d-]+\/|bookmarks\/?|)$/;

// The offline page is kept before it is needed; a new look brings a new one, and the old one goes.
const keepOffline = async () => {
const response = await fetch(OFFLINE, {cache: 'no-cache'}); // not what this browser has had for a while: it may be of the look before
if (!response.ok) throw Error(response.status);
await (await caches.open(SHELL)).put(OFFLINE, unredirected(response))
};
addEventListener('install', e => e.waitUntil(keepOpen().then(keepOffline).then(() => skipWaiting())));
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
const cache = await caches.open(KEPT), copy = unredirected(response.clone());
await cache.put(request, unredirected(response)).catch(async () => { // a full device: room for it first
for (const old of (await cache.keys()).slice(0, MOST / 10)) await cache.delete(old, {ignoreVary: true});
await cache.put(request, copy)
});
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
if (u.origin != location.origin) return;
// Other preferences: the offline page again, in the language and the colours that were chosen.
if (r.method == 'POST' && path == 'PREFIX/preferences') return e.respondWith(fetch(r).then(response => {
e.waitUntil(keepOffline());
return response
}));
if (r.method != 'GET') return;
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
// /a/rain is /a/rain/ on a static host. An article is the same in another form (?pictures=1), a list has other pages.
const here = async () => READ.test(path) && (!u.search || path.startsWith('PREFIX/a/')) && dated(await kept(path) || await kept(path.endsWith('/') ? path.slice(0, -1) : path + '/'));
// Without a network the browser's own cache answers for minutes, and says nothing of it.
e.respondWith(Promise.resolve(!navigator.onLine && !u.search && here()).then(found => found || fetch(r).then(response => {
if (response.ok && !u.search && READ.test(path)) e.waitUntil(keep(path, response.clone()));
if ([404, 410].includes(response.status)) e.waitUntil(caches.open(KEPT).then(c => c.delete(path, {ignoreVary: true})));
return response
}, async () => await here() || unredirected(await kept(OFFLINE)))))
})
