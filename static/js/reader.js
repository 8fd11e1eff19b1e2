// The one script, written into article pages; nothing on the page needs it.
(function (d, n, s, l, k) {
// Offline: keeps what was read.
n.serviceWorker && n.serviceWorker.register('/sw.js');
// The device's own way to share, where it has one.
if ((k = d.getElementById('share')) && n.share) k.onclick = function () { n.share({title: d.title, url: l.pathname}); return false };
// Continue where you stopped: remembers the paragraph under the eye, offers it next time.
var a = d.getElementById('on');
k = l.pathname;
if (a && s[k] && !l.hash) {
  a.href = s[k];
  a.hidden = 0
}
addEventListener('pagehide', function (p) {
p = d.elementFromPoint(innerWidth / 2, innerHeight / 3).closest('[id^=p]');
if (a && p && scrollY > innerHeight) s[k] = '#' + p.id
})
})(document, navigator, localStorage, location)
