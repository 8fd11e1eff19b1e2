// Stores pages that were read, for use without a network. Online, all pages come from the network and are up to date.
const PAGES = 'keptPREFIX', SHELL = 'shellPREFIX-BUILD_ID', OFFLINE = 'PREFIX/offline', MOST = 300;
const READ = /^PREFIX_PATTERN\/(a\/[^/.]+\/?|d\/[\d-]+\/|bookmarks\/?|)$/;

// The relative links of a static site lead to /a/rain/index.html.
const pathOf = url => url.pathname.replace(/index\.html$/, '');

// Stores the offline page at installation. A new build stores a new one and deletes the old one.
const storeOffline = async () => {
const response = await fetch(OFFLINE, {cache: 'no-cache'}); // not from the browser's cache, which may have the page of the previous build
if (!response.ok) throw Error(response.status);
await (await caches.open(SHELL)).put(OFFLINE, unredirected(response))
};
addEventListener('install', e => e.waitUntil(storeOpen().then(storeOffline).then(() => skipWaiting())));
addEventListener('activate', e => e.waitUntil((async () => {
for (const n of await caches.keys()) if (n.startsWith('shellPREFIX-') && n != SHELL) await caches.delete(n);
await clients.claim();
await storeOpen()
})()));

// Stores open pages that were loaded before the worker. The browser's own cache has them, even without a network.
const storeOpen = async () => {
for (const c of await clients.matchAll({includeUncontrolled: true})) {
const u = new URL(c.url), path = pathOf(u);
if (READ.test(path) && !u.search) await fetch(u.pathname, {cache: 'force-cache'}).then(response => response.ok && store(path, response)).catch(() => 0)
}
};
// Browsers reject a stored response that was redirected, such as /offline of a static host. They accept a copy of it.
const unredirected = response => response.redirected ? new Response(response.body, response) : response;
// Stores the newest complete copy of each address. Deletes those that were read longest ago.
const store = async (request, response) => {
const cache = await caches.open(PAGES), copy = unredirected(response.clone());
await cache.put(request, unredirected(response)).catch(async () => { // the device is full: delete old pages first
for (const old of (await cache.keys()).slice(0, MOST / 10)) await cache.delete(old, {ignoreVary: true});
await cache.put(request, copy)
});
const keys = await cache.keys();
for (const old of keys.slice(0, -MOST)) await cache.delete(old, {ignoreVary: true})
};
const stored = request => caches.match(request, {ignoreVary: true});
// Adds to a stored page the note of the offline page that there is no network, and the date of the page.
const dated = async response => {
if (!response) return;
const text = await response.clone().text(), said = /<p id=age hidden>(.*?)</.exec(await (await stored(OFFLINE))?.text()), time = new Date(response.headers.get('date'));
return said && time > 0 ? new Response(text.replace('<main id=main>', `$&<p class=note role=status>${said[1]}${time.toLocaleString(/lang=([\w-]+)/.exec(text)[1], {dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23'})}</p>`), response) : response
};
addEventListener('fetch', e => {
const r = e.request, u = new URL(r.url), path = pathOf(u);
if (u.origin != location.origin) return;
// After a change of preferences, stores the offline page again, in the new language and colours.
if (r.method == 'POST' && path == 'PREFIX/preferences') return e.respondWith(fetch(r).then(response => {
e.waitUntil(storeOffline());
return response
}));
if (r.method != 'GET') return;
// The address of a picture contains the digest of its content, so a stored picture is always valid.
if (/^PREFIX_PATTERN\/media\/.*\.(avif|webp|jpg)$/.test(path)) {
e.respondWith(stored(r).then(hit => hit || fetch(r).then(response => {
if (response.ok) e.waitUntil(store(r, response.clone()));
return response
})));
return
}
// The browser itself requests feeds: it sends Sec-Fetch-Dest, by which the server recognizes a person. fetch() would not.
if (r.mode != 'navigate' || /\.(xml|json)$/.test(path)) return;
// /a/rain is /a/rain/ on a static host. The query of an article (?pictures=1) is ignored, that of a list selects a page.
const here = async () => READ.test(path) && (!u.search || /^PREFIX_PATTERN\/a\//.test(path)) && dated(await stored(path) || await stored(path.endsWith('/') ? path.slice(0, -1) : path + '/'));
// Without a network, first use the stored page: the browser's own cache would answer for minutes without the note.
e.respondWith(Promise.resolve(!navigator.onLine && !u.search && here()).then(found => found || fetch(r).then(response => {
if (response.ok && !u.search && READ.test(path)) e.waitUntil(store(path, response.clone()));
if ([404, 410].includes(response.status)) e.waitUntil(caches.open(PAGES).then(c => c.delete(path, {ignoreVary: true})));
return response
}, async () => await here() || unredirected(await stored(OFFLINE)))))
})
