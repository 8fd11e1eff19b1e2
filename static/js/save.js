// "Save this issue": stores the pages of a day in the cache of pages that were read.
requestAnimationFrame(() => setTimeout(() => navigator.serviceWorker && navigator.serviceWorker.register('PREFIX/sw.js')));
const link = document.getElementById('save');
if (link && 'caches' in window) link.onclick = async event => {
event.preventDefault();
link.textContent = '…';
try {
const cache = await caches.open('keptPREFIX');
for (const path of link.dataset.pages.split(' ')) {
const page = await fetch(path);
if (page.ok) await cache.put(path, page)
}
link.textContent = link.dataset.done
} catch { // the device is full or stores nothing: download the file
location = link.href
}
}
