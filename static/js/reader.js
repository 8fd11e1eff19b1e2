// The one script, written into article pages; nothing on the page needs it.
{
const d = document, n = navigator, s = localStorage, k = location.pathname, share = d.getElementById('share'), on = d.getElementById('on');
// Offline: keeps what was read.
n.serviceWorker && n.serviceWorker.register('/sw.js');
// The device's own way to share, where it has one.
if (share && n.share) share.onclick = () => (n.share({title: d.title, url: k}), false);
// Continue where you stopped: remembers the paragraph under the eye, offers it next time.
if (on && s[k] && !location.hash) {
  on.href = s[k];
  on.hidden = 0
}
onpagehide = p => {
p = d.elementFromPoint(innerWidth / 2, innerHeight / 3).closest('[id^=p]');
if (on && p && scrollY > innerHeight) s[k] = '#' + p.id
}
}
